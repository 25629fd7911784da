// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"context"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottllog"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlresource"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlspan"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlspanevent"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/ottlfuncs"
	"go.opentelemetry.io/collector/component"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// condition is a compiled OTTL condition: one of its fields is set, that of the
// context it looks at. Elsewhere it is not met.
type condition struct {
	span     *ottl.Condition[*ottlspan.TransformContext]
	event    *ottl.Condition[*ottlspanevent.TransformContext]
	log      *ottl.Condition[*ottllog.TransformContext]
	resource *ottl.Condition[*ottlresource.TransformContext]
	trace    *ottl.Condition[*sampling.Trace]
	// memo is the place of a resource's condition in what is known of the resource.
	memo int
}

// conditionParser parses conditions and finds their contexts.
type conditionParser struct {
	contexts *ottl.ParserCollection[condition]
}

func newConditionParser(set component.TelemetrySettings) (*conditionParser, error) {
	spanFuncs := ottlfuncs.StandardConverters[*ottlspan.TransformContext]()
	isRoot := ottlfuncs.NewIsRootSpanFactory()
	spanFuncs[isRoot.Name()] = isRoot
	spans, err := ottlspan.NewParser(spanFuncs, set, ottlspan.EnablePathContextNames())
	if err != nil {
		return nil, err
	}
	events, err := ottlspanevent.NewParser(ottlfuncs.StandardConverters[*ottlspanevent.TransformContext](), set, ottlspanevent.EnablePathContextNames())
	if err != nil {
		return nil, err
	}
	logs, err := ottllog.NewParser(ottlfuncs.StandardConverters[*ottllog.TransformContext](), set, ottllog.EnablePathContextNames())
	if err != nil {
		return nil, err
	}
	resources, err := ottlresource.NewParser(ottlfuncs.StandardConverters[*ottlresource.TransformContext](), set, ottlresource.EnablePathContextNames())
	if err != nil {
		return nil, err
	}
	traces, err := newTraceParser(set)
	if err != nil {
		return nil, err
	}
	p, err := ottl.NewParserCollection(set,
		inContext(ottlspan.ContextName, &spans, func(c *ottl.Condition[*ottlspan.TransformContext]) condition { return condition{span: c} }),
		inContext(ottlspanevent.ContextName, &events, func(c *ottl.Condition[*ottlspanevent.TransformContext]) condition { return condition{event: c} }),
		inContext(ottllog.ContextName, &logs, func(c *ottl.Condition[*ottllog.TransformContext]) condition { return condition{log: c} }),
		inContext(ottlresource.ContextName, &resources, func(c *ottl.Condition[*ottlresource.TransformContext]) condition { return condition{resource: c} }),
		inContext(traceContext, &traces, func(c *ottl.Condition[*sampling.Trace]) condition { return condition{trace: c} }),
	)
	return &conditionParser{contexts: p}, err
}

// inContext has conditions of a context parsed by its parser.
func inContext[K any](name string, parser *ottl.Parser[K], wrap func(*ottl.Condition[K]) condition) ottl.ParserCollectionOption[condition] {
	return ottl.WithParserCollectionContext(name, parser, ottl.WithConditionConverter(
		func(_ *ottl.ParserCollection[condition], _ ottl.ConditionsGetter, parsed []*ottl.Condition[K]) (condition, error) {
			return wrap(parsed[0]), nil
		}))
}

// parse compiles a condition. One that names no path, such as IsRootSpan(), is
// about spans if spans understand it.
func (p *conditionParser) parse(text string) (condition, error) {
	one := ottl.NewConditionsGetter([]string{text})
	c, err := p.contexts.ParseConditions(one)
	if err == nil {
		return c, nil
	}
	if c, inSpan := p.contexts.ParseConditionsWithContext(ottlspan.ContextName, one, false); inSpan == nil {
		return c, nil
	}
	return condition{}, err
}

// holds reports whether the condition is met by the subject.
func (c *condition) holds(it *item) (bool, error) {
	ctx := context.Background()
	switch {
	case c.resource != nil:
		return it.resource[c.memo], nil
	case c.span != nil && !it.isLog:
		return c.span.Eval(ctx, it.inSpan())
	case c.log != nil && it.isLog:
		return c.log.Eval(ctx, it.inLog())
	case c.event != nil && !it.isLog:
		return c.anyEvent(it)
	}
	return false, nil
}

// anyEvent reports whether any of the span's events meets the condition.
func (c *condition) anyEvent(it *item) (met bool, err error) {
	for _, e := range it.span.Events().All() {
		in := ottlspanevent.NewTransformContext(it.spans, it.scopeSpans, it.span, e)
		ok, bad := c.event.Eval(context.Background(), in)
		in.Close()
		if bad != nil {
			err = bad
		}
		if ok {
			return true, nil
		}
	}
	return false, err
}

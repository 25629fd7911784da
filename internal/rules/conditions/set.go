// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package conditions

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

// Set compiles conditions, and knows those on resources.
type Set struct {
	contexts   *ottl.ParserCollection[Condition]
	onResource []onResource // by the memos of their conditions
}

// onResource is a condition on resources, and the rule that it belongs to.
type onResource struct {
	condition *ottl.Condition[*ottlresource.TransformContext]
	rule      sampling.Match
}

// NewSet returns a set without conditions, which is to tell of itself by the settings.
func NewSet(set component.TelemetrySettings) (*Set, error) {
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
		inContext(ottlspan.ContextName, &spans, func(c *ottl.Condition[*ottlspan.TransformContext]) Condition { return Condition{span: c} }),
		inContext(ottlspanevent.ContextName, &events, func(c *ottl.Condition[*ottlspanevent.TransformContext]) Condition { return Condition{event: c} }),
		inContext(ottllog.ContextName, &logs, func(c *ottl.Condition[*ottllog.TransformContext]) Condition { return Condition{log: c} }),
		inContext(ottlresource.ContextName, &resources, func(c *ottl.Condition[*ottlresource.TransformContext]) Condition { return Condition{resource: c} }),
		inContext(traceContext, &traces, func(c *ottl.Condition[*sampling.Trace]) Condition { return Condition{trace: c} }),
	)
	return &Set{contexts: p}, err
}

// inContext has conditions of a context parsed by its parser.
func inContext[K any](name string, parser *ottl.Parser[K], wrap func(*ottl.Condition[K]) Condition) ottl.ParserCollectionOption[Condition] {
	return ottl.WithParserCollectionContext(name, parser, ottl.WithConditionConverter(
		func(_ *ottl.ParserCollection[Condition], _ ottl.ConditionsGetter, parsed []*ottl.Condition[K]) (Condition, error) {
			return wrap(parsed[0]), nil
		}))
}

// Parse compiles a condition of the rule. One that names no path, such as IsRootSpan(),
// is about spans if spans understand it.
func (s *Set) Parse(text string, rule sampling.Match) (Condition, error) {
	one := ottl.NewConditionsGetter([]string{text})
	c, err := s.contexts.ParseConditions(one)
	if err != nil {
		var inSpan error
		if c, inSpan = s.contexts.ParseConditionsWithContext(ottlspan.ContextName, one, false); inSpan != nil {
			return Condition{}, err
		}
	}
	if c.resource != nil {
		c.memo = len(s.onResource)
		s.onResource = append(s.onResource, onResource{c.resource, rule})
	}
	return c, nil
}

// Enter finds which of the conditions on resources the item's resource meets, for all
// items of that. It tells failed of those that could not be evaluated, which are not
// met.
func (s *Set) Enter(it *Item, failed func(rule sampling.Match, err error)) {
	if len(s.onResource) == 0 {
		return
	}
	in := it.inResource()
	defer in.Close()
	it.resource = it.resource[:0]
	for i := range s.onResource {
		met, err := s.onResource[i].condition.Eval(context.Background(), in)
		if err != nil {
			failed(s.onResource[i].rule, err)
		}
		it.resource = append(it.resource, met)
	}
}

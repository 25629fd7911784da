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

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// Condition is a compiled OTTL condition: one of its fields is set, that of the
// context it looks at. Elsewhere it is not met.
type Condition struct {
	span     *ottl.Condition[*ottlspan.TransformContext]
	event    *ottl.Condition[*ottlspanevent.TransformContext]
	log      *ottl.Condition[*ottllog.TransformContext]
	resource *ottl.Condition[*ottlresource.TransformContext]
	trace    *ottl.Condition[*sampling.Trace]
	// memo is the place of a condition on resources in what an item knows of its own.
	memo int
}

// Context is what a condition looks at.
type Context uint8

// The contexts.
const (
	OnSpan Context = iota // or on one of its events
	OnLog
	OnResource
	OnTrace
)

// On returns what the condition looks at.
func (c *Condition) On() Context {
	switch {
	case c.trace != nil:
		return OnTrace
	case c.resource != nil:
		return OnResource
	case c.log != nil:
		return OnLog
	default:
		return OnSpan
	}
}

// Holds reports whether the item, or for a condition on resources its resource, meets
// the condition. Where that fails for the item it is an error; Set.Enter told of those
// of resources.
func (c *Condition) Holds(it *Item) (bool, error) {
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
func (c *Condition) anyEvent(it *Item) (met bool, err error) {
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

// HoldsFor reports whether the trace as a whole meets a condition on traces.
func (c *Condition) HoldsFor(t *sampling.Trace) (bool, error) {
	return c.trace.Eval(context.Background(), t)
}

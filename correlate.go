// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"cmp"
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-correlation/correlationprocessor/internal/logtrace"
	"github.com/otelcol-correlation/correlationprocessor/internal/outlet"
	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
	"github.com/otelcol-correlation/correlationprocessor/internal/traceid"
)

// correlator finds the trace and the span a log belongs to, and says which
// items the join needs. It is immutable once the engine runs.
type correlator struct {
	cfg   *LogsConfig
	keys  *logtrace.Keys
	route string // the attribute patterns are written to
	// joined is what a log may have got from its span, here or in an earlier tier.
	joined record.Joined
	// stub are the attributes of a span that its stub holds.
	stub []string
}

func newCorrelator(cfg *LogsConfig, routeAttribute string) *correlator {
	c := &correlator{
		cfg: cfg, keys: logtrace.NewKeys(cfg.TraceIDAttributes), route: routeAttribute, stub: cfg.JoinAttributes,
		joined: record.Joined{Route: routeAttribute, Keys: patternFirst(cfg.JoinAttributes, routeAttribute)},
	}
	if cfg.DropRedundantAccessLogs {
		c.stub = slices.Concat(c.stub, []string{
			routeAttribute, record.AttributeHTTPRoute,
			"http.request.method", "http.method", "http.response.status_code", "http.status_code", "url.path", "http.target", "url.full", "http.url",
		})
		slices.Sort(c.stub)
		c.stub = slices.Compact(c.stub)
	}
	return c
}

// patternFirst returns the attributes that logs get from their spans with that of the pattern in front: what
// stands behind it on a log was joined, so that a later tier can tell (see record.Joined).
func patternFirst(keys []string, pattern string) []string {
	i := slices.Index(keys, pattern)
	if i <= 0 {
		return keys
	}
	return slices.Concat([]string{pattern}, keys[:i], keys[i+1:])
}

// join is what an outlet does with logs.
func (c *correlator) join(services *telemetry.Services) outlet.JoinConfig {
	return outlet.JoinConfig{
		Services:   services,
		Attributes: c.joined.Keys, SpanAttributes: c.spanAttributes(), PathAttributes: c.cfg.PathAttributes, RouteAttribute: c.route,
		Deduplicate: c.cfg.DeduplicateAccessLogs, DropRedundant: c.cfg.DropRedundantAccessLogs,
	}
}

// spanAttributes are what the join looks at of a span that was held as a whole:
// besides what logs get, its pattern and its path.
func (c *correlator) spanAttributes() []string {
	keys := slices.Concat(c.stub, []string{c.route, record.AttributeHTTPRoute, "url.path", "http.target", "url.full", "http.url"})
	slices.Sort(keys)
	return slices.Compact(keys)
}

// joins reports whether a log of a trace that is kept has a reason to wait for
// its span. One that has its route has none: what else its span could add is
// not worth the delay. An access log waits where others may repeat it.
func (c *correlator) joins(lr plog.LogRecord, v *record.Log, e *edit) bool {
	if c.cfg.Repeats() && v.IsAccessLog(lr, cmp.Or(e.pattern, v.Route), &c.joined) {
		return true
	}
	if e.pattern != "" || v.Route != "" {
		return false
	}
	_, ok := lr.Attributes().Get(c.route)
	return !ok
}

// readLog reads a log record in one pass over its attributes. A record without
// a trace id gets the one its attributes, its body or its resource state.
func (c *correlator) readLog(res pcommon.Resource, lr plog.LogRecord, t *telemetry.Tally, svc *telemetry.Service) (v record.Log) {
	missing := lr.TraceID().IsEmpty()
	var f record.IDFinder
	v.Begin(lr)
	for key, val := range lr.Attributes().All() {
		if !v.Read(key, val, c.cfg.PathAttributes) && missing {
			f.ReadAttribute(c.keys, key, val)
		} else if !missing {
			v.Header.Read(key, val)
		}
	}
	text := record.BodyText(lr.Body())
	if missing {
		v.Promoted = true
		v.Debug, v.Unsampled = c.promote(&f, res, lr, text, t, svc)
	}
	v.ReadBody(lr, text, c.cfg.PathAttributes)
	v.ReadResource(res)
	return v
}

// promote writes the trace id that was found to the record, or counts why none
// was. It reports whether what the id was found in asks to keep the trace, and
// whether it says that the trace was not sampled.
func (c *correlator) promote(f *record.IDFinder, res pcommon.Resource, lr plog.LogRecord, text string, t *telemetry.Tally, svc *telemetry.Service) (debug, unsampled bool) {
	ctx, source, why := c.find(f, res, lr.Body(), text)
	if why != traceid.Found {
		t.Missing(svc, why)
		return ctx.Debug, false
	}
	t.Extracted(source, ctx.Format)
	lr.SetTraceID(pcommon.TraceID(ctx.TraceID))
	if lr.SpanID().IsEmpty() {
		lr.SetSpanID(ctx.SpanID)
	}
	if ctx.HasFlags && lr.Flags() == 0 {
		lr.SetFlags(plog.LogRecordFlags(ctx.Flags))
	}
	return ctx.Debug, ctx.HasFlags && ctx.Flags&record.FlagSampled == 0
}

// find looks for the trace id in the attributes, which f has seen, then the
// body, then a text among the attributes, then the resource. If there is none, the
// reason is the one that says most.
func (c *correlator) find(f *record.IDFinder, res pcommon.Resource, body pcommon.Value, text string) (traceid.Context, telemetry.IDSource, traceid.Reason) {
	ctx, why := f.Fields()
	if why == traceid.Found {
		return ctx, telemetry.InAttributes, why
	}
	if c.cfg.TraceIDInBody {
		ctx, in := c.inBody(body, text)
		if in == traceid.Found {
			return ctx, telemetry.InBody, in
		}
		why = max(why, in)
		if ctx, in = f.Result(c.keys); in == traceid.Found {
			return ctx, telemetry.InAttributes, in
		}
		why = max(why, in)
	}
	ctx, in := c.inResource(res)
	if in == traceid.Found {
		return ctx, telemetry.InResource, in
	}
	return ctx, telemetry.InResource, max(why, in)
}

// inBody looks for the trace id in the body: in its text, or in its fields and then in their message.
func (c *correlator) inBody(body pcommon.Value, text string) (traceid.Context, traceid.Reason) {
	switch {
	case text != "":
		return c.keys.ScanBody(text)
	case body.Type() == pcommon.ValueTypeMap:
		var f record.IDFinder
		f.ReadMap(c.keys, body.Map())
		return f.Result(c.keys)
	default:
		return traceid.Context{}, traceid.Absent
	}
}

func (c *correlator) inResource(res pcommon.Resource) (traceid.Context, traceid.Reason) {
	var f record.IDFinder
	f.ReadMap(c.keys, res.Attributes())
	return f.Fields()
}

// contradicts reports whether the header holds another trace id than the item. A
// shorter form of the same id is none other.
func (c *correlator) contradicts(h *record.Header, id pcommon.TraceID) bool {
	if h.Value == "" {
		return false
	}
	var f logtrace.Finder
	f.Offer(c.keys.Lookup(h.Key), h.Value)
	found, why := f.Result()
	return why == traceid.Found && !record.SameTrace(pcommon.TraceID(found.TraceID), id)
}

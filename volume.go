// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"strings"
	"sync"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// amount is how many items there were and what they weighed.
type amount struct {
	items int
	bytes int64
}

// amounts are amounts of one batch by key, most of whose items have the key of
// the one before.
type amounts[K comparable] struct {
	by   map[K]*amount
	key  K
	last *amount
}

func (a *amounts[K]) add(key K, bytes int64) {
	if a.last == nil || key != a.key {
		if a.by == nil {
			a.by = map[K]*amount{}
		}
		if a.by[key] == nil {
			a.by[key] = &amount{}
		}
		a.key, a.last = key, a.by[key]
	}
	a.last.items++
	a.last.bytes += bytes
}

// routeKey is a route of a service.
type routeKey struct {
	svc     *service
	pattern string
}

// routeCounter counts what comes in by route, before any of it is dropped. The
// first routes have series of their own, the others share one for each service.
type routeCounter struct {
	limit int // 0 counts nothing
	mu    sync.Mutex
	known map[routeKey]bool
}

func newRouteCounter(limit int) *routeCounter {
	return &routeCounter{limit: limit, known: map[routeKey]bool{}}
}

// otherRoutes stands for the routes past the limit.
const otherRoutes = "_other"

// name returns the route's name in telemetry. The pattern is borrowed.
func (c *routeCounter) name(k routeKey) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.known[k]:
	case len(c.known) >= c.limit:
		return otherRoutes
	default:
		k.pattern = strings.Clone(k.pattern)
		c.known[k] = true
	}
	return k.pattern
}

// flush adds a batch's amounts to the instruments.
func (c *routeCounter) flush(tel *telemetry, sig tracebuffer.Signal, by *amounts[routeKey]) {
	for k, n := range by.by {
		attrs := k.svc.with(signalAttr(sig), attribute.String("route", c.name(k)))
		add(tel.ProcessorCorrelationRouteReceivedItems, n.items, attrs...)
		add(tel.ProcessorCorrelationRouteReceivedBytes, int(n.bytes), attrs...)
	}
}

// weigh counts the batch's records by route and its items, of those whose
// verdict is out, by verdict.
func (b *batch) weigh() {
	if b.pipe.engine.counted.limit > 0 {
		var routes amounts[routeKey]
		for i := range b.edits {
			if e := &b.edits[i]; e.pattern != "" {
				routes.add(routeKey{e.service, e.pattern}, int64(e.size))
			}
		}
		b.pipe.engine.counted.flush(b.pipe.engine.telemetry, b.sig, &routes)
	}
	b.weighAlone()
	if !b.pipe.engine.rules.Drops() {
		return
	}
	var verdicts amounts[sampling.Verdict]
	for i, f := range b.fates {
		if f.Decided {
			verdicts.add(sampling.Verdict{Keep: f.Verdict.Keep, Rule: f.Verdict.Rule}, int64(b.edits[b.at[i]].size))
		}
	}
	for v, n := range verdicts.by {
		b.pipe.engine.telemetry.decided(b.sig, v.Keep, b.pipe.engine.telemetry.ruleNames[v.Rule], n.items, n.bytes)
	}
}

// weighAlone counts the records without a trace that were decided by themselves.
func (b *batch) weighAlone() {
	if !b.pipe.engine.rules.SamplesMissing() {
		return
	}
	var verdicts amounts[rules.MissingVerdict]
	dropped := 0
	for i := range b.edits {
		e := &b.edits[i]
		if e.alone != rules.MissingNone {
			verdicts.add(e.alone, int64(e.size))
		}
		if e.drop {
			dropped++
		}
	}
	for v, n := range verdicts.by {
		b.pipe.engine.telemetry.decided(b.sig, v == rules.MissingKept, rules.RuleMissing, n.items, n.bytes)
	}
	b.pipe.engine.telemetry.dropped(b.sig, rules.RuleMissing, dropped)
}

// weighs reports whether records are weighed. Those that are held are weighed by
// what they are held as.
func (e *engine) weighs() bool {
	return e.rules.Drops() || e.counted.limit > 0 || e.rules.SamplesMissing()
}

// weighSpan weighs a span that is not held.
func (b *batch) weighSpan(e *edit, s ptrace.Span) {
	if b.pipe.engine.weighs() {
		e.size = uint32((&ptrace.ProtoMarshaler{}).SpanSize(s))
	}
}

// weighLog weighs a log record that is not held.
func (b *batch) weighLog(e *edit, lr plog.LogRecord) {
	if b.pipe.engine.weighs() {
		e.size = uint32((&plog.ProtoMarshaler{}).LogRecordSize(lr))
	}
}

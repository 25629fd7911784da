// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"context"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-correlation/correlationprocessor/internal/route"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
	"github.com/otelcol-correlation/correlationprocessor/internal/traceid"
)

// idSource is where a log's trace id was found.
type idSource uint8

const (
	sourceAttributes idSource = iota
	sourceBody
	sourceResource
)

func (s idSource) String() string {
	return [...]string{"attributes", "body", "resource"}[s]
}

// tally counts what a batch's items are like. It is flushed once per batch:
// a metric call per item costs more than all the rest.
type tally struct {
	routes  [route.SourceOverflow + 1]int
	zero    map[*service]int
	times   amounts[badTimeKey] // one broken clock makes every span of a service bad
	without map[missingKey]int
	found   map[extractedKey]int
	lost    int
	lates   [3]int
}

type missingKey struct {
	svc *service
	why traceid.Reason
}

type badTimeKey struct {
	svc *service
	why string
}

type extractedKey struct {
	source idSource
	format traceid.Format
}

// The outcomes of late items.
const (
	lateKept = iota
	lateDropped
	lateUpgraded
)

var lateNames = [...]string{lateKept: "kept", lateDropped: "dropped", lateUpgraded: "upgraded"}

func (t *tally) route(s route.Source) { t.routes[s]++ }

func (t *tally) zeroID(svc *service) { count(&t.zero, svc) }

func (t *tally) badTime(svc *service, why string) { t.times.add(badTimeKey{svc, why}, 0) }

func (t *tally) missing(svc *service, why traceid.Reason) { count(&t.without, missingKey{svc, why}) }

func (t *tally) extracted(s idSource, f traceid.Format) { count(&t.found, extractedKey{s, f}) }

// count makes the map on first use: most batches have nothing of the kind.
func count[K comparable](m *map[K]int, k K) {
	if *m == nil {
		*m = map[K]int{}
	}
	(*m)[k]++
}

// fates counts what became of the items at once.
func (t *tally) fates(fates []tracebuffer.Fate) {
	for _, f := range fates {
		if f.Action == tracebuffer.Drop {
			t.lost++
		}
		switch {
		case !f.Late:
		case f.Upgraded:
			t.lates[lateUpgraded]++
		case f.Action == tracebuffer.Drop:
			t.lates[lateDropped]++
		default:
			t.lates[lateKept]++
		}
	}
}

// flush adds the tally to the instruments.
func (t *tally) flush(tel *telemetry, sig tracebuffer.Signal) {
	tel.dropped(sig, dropSampling, t.lost)
	for i, n := range t.lates {
		tel.late(sig, lateNames[i], n)
	}
	signal := signalAttr(sig)
	for src, n := range t.routes {
		if src != int(route.SourceNone) {
			add(tel.ProcessorCorrelationRouteItems, n, signal, attribute.String("source", route.Source(src).String()))
		}
	}
	for svc, n := range t.zero {
		add(tel.ProcessorCorrelationSpansZeroID, n, svc.labels...)
	}
	for k, n := range t.times.by {
		add(tel.ProcessorCorrelationSpansBadTime, n.items, k.svc.with(attribute.String("reason", k.why))...)
	}
	for k, n := range t.without {
		add(tel.ProcessorCorrelationLogsMissingTraceID, n, k.svc.with(attribute.String("reason", k.why.String()))...)
	}
	for k, n := range t.found {
		add(tel.ProcessorCorrelationLogsTraceIDExtracted, n,
			attribute.String("source", k.source.String()), attribute.String("format", k.format.String()))
	}
}

// receivedSpans counts what comes in, before anything can happen to it.
func (s *pipeline) receivedSpans(td ptrace.Traces) {
	for _, rs := range td.ResourceSpans().All() {
		n := 0
		for _, ss := range rs.ScopeSpans().All() {
			n += ss.Spans().Len()
		}
		s.engine.telemetry.ProcessorCorrelationSpansReceived.Add(context.Background(), int64(n), s.engine.services.of(rs.Resource()).only)
	}
}

// receivedLogs does for logs what receivedSpans does for spans.
func (s *pipeline) receivedLogs(ld plog.Logs) {
	for _, rl := range ld.ResourceLogs().All() {
		n := 0
		for _, sl := range rl.ScopeLogs().All() {
			n += sl.LogRecords().Len()
		}
		s.engine.telemetry.ProcessorCorrelationLogsReceived.Add(context.Background(), int64(n), s.engine.services.of(rl.Resource()).only)
	}
}

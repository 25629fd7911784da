// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-correlation/correlationprocessor/internal/integrity"
	"github.com/otelcol-correlation/correlationprocessor/internal/route"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
	"github.com/otelcol-correlation/correlationprocessor/internal/traceid"
)

// IDSource is the place in which a log's trace id was found.
type IDSource uint8

// The places.
const (
	InAttributes IDSource = iota
	InBody
	InResource
)

// String returns the source's name in telemetry.
func (s IDSource) String() string {
	return [...]string{"attributes", "body", "resource"}[s]
}

// Tally counts the properties of a batch's items. It is flushed once per batch:
// a metric call per item costs more than all the rest.
type Tally struct {
	routes [route.SourceUnmatched + 1]int
	zero   map[*Service]int
	times  Amounts[badTimeKey] // one broken clock makes every span of a service bad
	// flawed are examples: the first span of each key of zero and of times.
	flawed  map[badTimeKey]integrity.Example
	without map[missingKey]int
	found   map[extractedKey]int
	lost    int
	lates   [3]int
}

type missingKey struct {
	svc *Service
	why traceid.Reason
}

type badTimeKey struct {
	svc *Service
	why string
}

type extractedKey struct {
	source IDSource
	format traceid.Format
}

// The outcomes of late items.
const (
	lateKept = iota
	lateDropped
	lateUpgraded
)

var lateNames = [...]string{lateKept: "kept", lateDropped: "dropped", lateUpgraded: "upgraded"}

// Route counts an item whose pattern is from the source.
func (t *Tally) Route(s route.Source) { t.routes[s]++ }

// ZeroID counts a span without a trace id or a span id.
func (t *Tally) ZeroID(svc *Service, at integrity.Example) {
	if count(&t.zero, svc) == 1 {
		t.example(badTimeKey{svc: svc}, at)
	}
}

// BadTime counts a span with impossible times; why is a label (see links.SpanTime).
func (t *Tally) BadTime(svc *Service, why string, at integrity.Example) {
	if k := (badTimeKey{svc, why}); t.times.Add(k, 0) == 1 {
		t.example(k, at)
	}
}

func (t *Tally) example(k badTimeKey, at integrity.Example) {
	if t.flawed == nil {
		t.flawed = map[badTimeKey]integrity.Example{}
	}
	t.flawed[k] = at
}

// Missing counts a log record in which no trace id was found.
func (t *Tally) Missing(svc *Service, why traceid.Reason) { count(&t.without, missingKey{svc, why}) }

// Extracted counts a log record whose trace id was found outside its own field.
func (t *Tally) Extracted(s IDSource, f traceid.Format) { count(&t.found, extractedKey{s, f}) }

// count makes the map on first use: most batches have nothing of the kind. It returns how
// many there are now.
func count[K comparable](m *map[K]int, k K) int {
	if *m == nil {
		*m = map[K]int{}
	}
	(*m)[k]++
	return (*m)[k]
}

// Fates counts the items that were dropped in this call, and those that were late.
func (t *Tally) Fates(fates []tracebuffer.Fate) {
	for _, f := range fates {
		if f.Action == tracebuffer.Drop {
			t.lost++
		}
		switch {
		case !f.Late:
		case f.Upgraded:
			t.lates[lateUpgraded]++
		case f.Action == tracebuffer.Drop, f.Action == tracebuffer.Hold && !f.Verdict.Keep:
			t.lates[lateDropped]++
		default:
			t.lates[lateKept]++
		}
	}
}

// Flush adds the tally to the instruments.
func (t *Tally) Flush(tel *Instruments, sig tracebuffer.Signal) {
	tel.Dropped(sig, dropSampling, t.lost)
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
		addIn(exemplar(t.flawed[badTimeKey{svc: svc}]), tel.ProcessorCorrelationSpansZeroID, n, svc.Labels...)
	}
	for k, n := range t.times.By {
		addIn(exemplar(t.flawed[k]), tel.ProcessorCorrelationSpansBadTime, n.Items, k.svc.With(attribute.String("reason", k.why))...)
	}
	for k, n := range t.without {
		add(tel.ProcessorCorrelationLogsMissingTraceID, n, k.svc.With(attribute.String("reason", k.why.String()))...)
	}
	for k, n := range t.found {
		add(tel.ProcessorCorrelationLogsTraceIDExtracted, n,
			attribute.String("source", k.source.String()), attribute.String("format", k.format.String()))
	}
}

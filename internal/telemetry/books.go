// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"sync"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/metric"

	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// books keep account of the items of one signal. An item is held from when it is
// received, or recovered from the storage of an earlier process, until it is kept, refused
// or dropped. So held is what those leave of the others, and received + recovered = kept +
// refused + dropped + held whenever they are read at one instant, also during a call or a
// release. That is why they are no counters of the meter, each of which is read by itself,
// but observed together.
type books struct {
	metrics bookMetrics

	mu      sync.Mutex
	places  map[string]int // in received, by the keys of services
	figures figures
}

// bookMetrics are the instruments that show the books.
type bookMetrics struct{ received, recovered, kept, refused, dropped, held metric.Int64Observable }

// figures are sums since the start.
type figures struct {
	received      []serviceSum // in the order of their first items
	recovered     int64
	kept, refused int64
	dropped       map[string]int64 // by reason
}

type serviceSum struct {
	labels metric.MeasurementOption
	items  int64
}

// maxReceived is how many series the received items have. OpenTelemetry's SDK gives a
// metric 2000, and the last of them to whatever finds no place.
//
// A series stays when its service is forgotten, as all those stay that the SDK keeps:
// to add what it counted to another one would look like a burst of traffic there.
// The oldest ones are observed first, so that with a lower limit of the SDK the same
// ones have a place each time.
const maxReceived = 1999

// others is the service of the series for all services past the limit.
var others = &Service{key: OtherServices, Only: metric.WithAttributes(serviceLabel(OtherServices))}

// openBooks has the meter observe empty books. They are observed until the meter's
// provider ends, and not only until Shutdown: an exporter that pushes its metrics does
// so once more after that, with all that the processor let go when it was shut down.
func (t *Instruments) openBooks(meter metric.Meter) (err error) {
	for sig, m := range [...]bookMetrics{
		tracebuffer.Span: {
			t.ProcessorCorrelationSpansReceived, t.ProcessorCorrelationSpansRecovered, t.ProcessorCorrelationSpansKept, t.ProcessorCorrelationSpansRefused,
			t.ProcessorCorrelationSpansDropped, t.ProcessorCorrelationSpansHeld,
		},
		tracebuffer.Log: {
			t.ProcessorCorrelationLogsReceived, t.ProcessorCorrelationLogsRecovered, t.ProcessorCorrelationLogsKept, t.ProcessorCorrelationLogsRefused,
			t.ProcessorCorrelationLogsDropped, t.ProcessorCorrelationLogsHeld,
		},
	} {
		b := &books{metrics: m, places: map[string]int{}, figures: figures{dropped: map[string]int64{}}}
		t.books[sig] = b
		_, e := meter.RegisterCallback(b.observe, m.received, m.recovered, m.kept, m.refused, m.dropped, m.held)
		err = errors.Join(err, e)
	}
	return err
}

// Received counts records that arrived, before anything can happen to them, by their
// service. Each must be counted as kept, refused or dropped later, once.
func (t *Instruments) Received(sig tracebuffer.Signal, svc *Service, n int) {
	if n == 0 {
		return
	}
	b := t.books[sig]
	b.mu.Lock()
	defer b.mu.Unlock()
	b.figures.received[b.place(svc)].items += int64(n)
}

// ReceivedSpans counts what arrives, and returns how many that are.
func (t *Instruments) ReceivedSpans(services *Services, td ptrace.Traces) (total int) {
	for _, rs := range td.ResourceSpans().All() {
		n := 0
		for _, ss := range rs.ScopeSpans().All() {
			n += ss.Spans().Len()
		}
		total += n
		t.Received(tracebuffer.Span, services.Of(rs.Resource()), n)
	}
	return total
}

// ReceivedLogs does for logs what ReceivedSpans does for spans.
func (t *Instruments) ReceivedLogs(services *Services, ld plog.Logs) (total int) {
	for _, rl := range ld.ResourceLogs().All() {
		n := 0
		for _, sl := range rl.ScopeLogs().All() {
			n += sl.LogRecords().Len()
		}
		total += n
		t.Received(tracebuffer.Log, services.Of(rl.Resource()), n)
	}
	return total
}

// place finds or makes the place of the service's series. The caller holds the lock.
func (b *books) place(svc *Service) int {
	key := strings.TrimRight(svc.key, string(rune(separator))) // what a resource lacks is no label
	at, ok := b.places[key]
	if !ok && svc != others && len(b.places) >= maxReceived-1 {
		return b.place(others)
	}
	if !ok {
		at = len(b.figures.received)
		b.places[key] = at
		b.figures.received = append(b.figures.received, serviceSum{labels: svc.Only})
	}
	return at
}

// Recovered counts records that an earlier process received and this one holds. Each must
// be counted as kept or dropped later, once.
func (t *Instruments) Recovered(sig tracebuffer.Signal, n int) {
	b := t.books[sig]
	b.mu.Lock()
	defer b.mu.Unlock()
	b.figures.recovered += int64(n)
}

// Kept counts records that the next component took.
func (t *Instruments) Kept(sig tracebuffer.Signal, n int) {
	b := t.books[sig]
	b.mu.Lock()
	defer b.mu.Unlock()
	b.figures.kept += int64(n)
}

// Refused counts records that went back to their sender.
func (t *Instruments) Refused(sig tracebuffer.Signal, n int) {
	b := t.books[sig]
	b.mu.Lock()
	defer b.mu.Unlock()
	b.figures.refused += int64(n)
}

// Dropped counts records that go no further, by reason.
func (t *Instruments) Dropped(sig tracebuffer.Signal, reason string, n int) {
	if n == 0 {
		return
	}
	b := t.books[sig]
	b.mu.Lock()
	defer b.mu.Unlock()
	b.figures.dropped[reason] += int64(n)
}

// read returns what the books say at this instant.
func (b *books) read() figures {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.figures
	now.received, now.dropped = slices.Clone(now.received), maps.Clone(now.dropped)
	return now
}

// observe shows the books. A series appears with its first item, but for held.
func (b *books) observe(_ context.Context, o metric.Observer) error {
	now := b.read()
	held := now.recovered - now.kept - now.refused
	for _, from := range now.received {
		held += from.items
		o.ObserveInt64(b.metrics.received, from.items, from.labels)
	}
	for reason, n := range now.dropped {
		held -= n
		show(o, b.metrics.dropped, n, attribute.String("reason", reason))
	}
	show(o, b.metrics.recovered, now.recovered)
	show(o, b.metrics.kept, now.kept)
	show(o, b.metrics.refused, now.refused)
	o.ObserveInt64(b.metrics.held, held)
	return nil
}

// show observes n, unless it is 0.
func show(o metric.Observer, of metric.Int64Observable, n int64, labels ...attribute.KeyValue) {
	if n != 0 {
		o.ObserveInt64(of, n, metric.WithAttributes(labels...))
	}
}

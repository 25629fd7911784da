// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// evidencePercent is how many traces of a hundred hold evidence.
const evidencePercent = 3

// maker makes the items of a load, one trace after the other.
type maker struct {
	random *rand.Rand
	items  []Item
}

// NewLoad makes a load of traces, the same for the same seed: each has one to
// four spans and one to four logs, written to one of five services. Items come
// trace by trace, spans before logs.
func NewLoad(seed uint64, traces int) []Item {
	m := &maker{random: rand.New(rand.NewPCG(seed, 0))}
	for range traces {
		m.addTrace()
	}
	return m.items
}

func (m *maker) addTrace() {
	first := len(m.items)
	trace := pcommon.TraceID(NewTraceID(m.random))
	service := fmt.Sprintf("shop-%d", m.random.IntN(5))
	root := m.add(Item{Signal: Spans, Trace: trace, Service: service, Span: NewSpanID(m.random)})
	for range m.random.IntN(4) {
		m.add(Item{Signal: Spans, Trace: trace, Service: service, Span: NewSpanID(m.random), Parent: root.Span})
	}
	for range 1 + m.random.IntN(4) {
		m.add(Item{Signal: Logs, Trace: trace, Service: service, Span: root.Span, IDIn: m.place()})
	}
	m.spoil(m.items[first:])
}

func (m *maker) add(item Item) Item {
	item.Key = int64(len(m.items)) + 1
	m.items = append(m.items, item)
	return item
}

// spoil gives one item of a trace a fault: real in evidencePercent of the
// traces, a decoy in as many others.
func (m *maker) spoil(trace []Item) {
	victim := &trace[m.random.IntN(len(trace))]
	switch dice := m.random.IntN(100); {
	case dice < evidencePercent && victim.Signal == Spans:
		victim.Fault = []Fault{SpanStatusError, ServerError}[m.random.IntN(2)]
	case dice < evidencePercent:
		victim.Fault = []Fault{SeverityNumberError, SeverityTextError}[m.random.IntN(2)]
	case dice < 2*evidencePercent:
		victim.Fault = ClientError
	}
}

// place puts the trace id of every tenth log into an attribute, and of every
// tenth into a JSON body.
func (m *maker) place() Place {
	switch m.random.IntN(10) {
	case 0:
		return InAttribute
	case 1:
		return InBody
	default:
		return InField
	}
}

// NewTraceID returns a random trace id that looks like no UUID made of a time, of which
// another part is random: of others, one in ten thousand does.
func NewTraceID(random *rand.Rand) (id [16]byte) {
	binary.BigEndian.PutUint64(id[:8], random.Uint64())
	binary.BigEndian.PutUint64(id[8:], random.Uint64()|1<<62) // no UUID's variant
	return id
}

// NewSpanID returns a random span id.
func NewSpanID(random *rand.Rand) (id pcommon.SpanID) {
	binary.BigEndian.PutUint64(id[:], random.Uint64()|1) // zero would be no id
	return id
}

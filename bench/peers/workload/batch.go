// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Batch is one OTLP request.
type Batch struct {
	Logs  bool // else spans
	Items int
	Data  []byte
	// IDs are the offsets in Data of the trace ids of 16 bytes, and Hex those
	// of the ids of 32 lower-case digits.
	IDs, Hex []int32
}

// Workload is the batches of a round, in the order they come.
type Workload struct {
	Spec    Spec
	Batches []Batch
	// Late are the batches that come after their traces were decided.
	Late        []Batch
	Spans, Logs int
}

// New makes the traffic of spec.
func New(spec Spec) (*Workload, error) {
	t := newTraffic(spec)
	w := &Workload{Spec: spec, Spans: len(t.spans), Logs: len(t.logs)}
	for _, late := range []bool{false, true} {
		spans := keep(t.spans, func(s *span) bool { return s.late == late })
		logs := keep(t.logs, func(l *log) bool { return l.late == late })
		a, err := cut(t.Rand, spec.BatchItems, spans, t.traceBatch)
		if err != nil {
			return nil, err
		}
		b, err := cut(t.Rand, spec.BatchItems, logs, t.logBatch)
		if err != nil {
			return nil, err
		}
		if late {
			w.Late = interleave(a, b)
		} else {
			w.Batches = interleave(a, b)
		}
	}
	return w, nil
}

func keep[T any](list []T, wanted func(T) bool) []T {
	return slices.DeleteFunc(slices.Clone(list), func(v T) bool { return !wanted(v) })
}

// cut makes batches of about mean items.
func cut[T any](r *rand.Rand, mean int, items []T, encode func([]T) (Batch, error)) ([]Batch, error) {
	var out []Batch
	for len(items) > 0 {
		n := min(len(items), mean*3/4+r.IntN(mean/2+1))
		b, err := encode(items[:n])
		if err != nil {
			return nil, err
		}
		out, items = append(out, b), items[n:]
	}
	return out, nil
}

// interleave merges two lists evenly.
func interleave(a, b []Batch) []Batch {
	out := make([]Batch, 0, len(a)+len(b))
	for i, j := 0, 0; i < len(a) || j < len(b); {
		if j == len(b) || i < len(a) && i*len(b) <= j*len(a) {
			out = append(out, a[i])
			i++
		} else {
			out = append(out, b[j])
			j++
		}
	}
	return out
}

// traceBatch encodes spans, by resource.
func (t *traffic) traceBatch(spans []*span) (Batch, error) {
	td := ptrace.NewTraces()
	var order []pcommon.TraceID
	for service := range t.services {
		own := keep(spans, func(s *span) bool { return s.service == service })
		for _, group := range groups(own, t.spec.Shredded) {
			rs := td.ResourceSpans().AppendEmpty()
			rs.SetSchemaUrl(schemaURL)
			t.resource(rs.Resource(), service)
			ss := rs.ScopeSpans().AppendEmpty()
			ss.Scope().SetName(scopeName)
			ss.Scope().SetVersion(scopeVersion)
			for _, s := range group {
				t.span(ss.Spans().AppendEmpty(), s)
				order = append(order, s.trace)
			}
		}
	}
	data, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
	if err != nil {
		return Batch{}, err
	}
	return newBatch(false, data, order)
}

// logBatch encodes logs, by resource.
func (t *traffic) logBatch(logs []*log) (Batch, error) {
	ld := plog.NewLogs()
	var order []pcommon.TraceID
	for service := range t.services {
		own := keep(logs, func(l *log) bool { return l.of.service == service })
		for _, group := range groups(own, t.spec.Shredded) {
			rl := ld.ResourceLogs().AppendEmpty()
			rl.SetSchemaUrl(schemaURL)
			t.resource(rl.Resource(), service)
			sl := rl.ScopeLogs().AppendEmpty()
			sl.Scope().SetName(scopeName)
			sl.Scope().SetVersion(scopeVersion)
			for _, l := range group {
				t.log(sl.LogRecords().AppendEmpty(), l)
				if l.id == nowhere {
					order = append(order, pcommon.TraceID{})
				} else {
					order = append(order, l.of.trace)
				}
			}
		}
	}
	data, err := (&plog.ProtoMarshaler{}).MarshalLogs(ld)
	if err != nil {
		return Batch{}, err
	}
	return newBatch(true, data, order)
}

// groups are the items of a service that stand under one resource: all of them or, if
// they are shredded, 1.6 each.
func groups[T any](own []T, shredded bool) (out [][]T) {
	for i := 0; len(own) > 0; i++ {
		n := len(own)
		if shredded {
			n = min(n, [...]int{2, 1, 2, 1, 2}[i%5])
		}
		out, own = append(out, own[:n]), own[n:]
	}
	return out
}

// newBatch finds the trace ids in the data: the id of each item comes after
// that of the item before, as bytes or as digits; the zero id stands for none.
func newBatch(logs bool, data []byte, order []pcommon.TraceID) (Batch, error) {
	b := Batch{Logs: logs, Items: len(order), Data: data}
	at := 0
	for _, id := range order {
		if id.IsEmpty() {
			continue
		}
		raw := find(data, at, id[:])
		digits := find(data, at, []byte(id.String()))
		switch {
		case raw >= 0 && (digits < 0 || raw < digits):
			b.IDs, at = append(b.IDs, int32(raw)), raw+16
		case digits >= 0:
			b.Hex, at = append(b.Hex, int32(digits)), digits+32
		default:
			return b, fmt.Errorf("an item of trace %s is not in its batch", id)
		}
	}
	return b, nil
}

// find returns where pattern is in data from at on, looking as far as an item
// and a resource may be long; -1 if it is not there.
func find(data []byte, at int, pattern []byte) int {
	const reach = 4096
	n := bytes.Index(data[at:min(len(data), at+reach)], pattern)
	if n < 0 {
		return -1
	}
	return at + n
}

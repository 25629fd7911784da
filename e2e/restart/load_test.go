// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package restart

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-correlation/correlationprocessor/e2e/harness"
)

// The load: so many traces each step. About half of them are there for the patterns.
const (
	step      = 20 * time.Millisecond
	eachStep  = 16
	percent   = 25 // of ordinary traces are kept
	rootWait  = time.Second
	decisions = `decision_wait: 3s, decision_wait_after_root: 1s, hindsight: 8s, shutdown_timeout: 5s,
  logs: {request_id_attributes: [request_id]}, routes: {source_attribute: route.source},
  sampling: {sampling_percentage: 25, errors: true, suppress: {health_checks: true}}`
)

// late is when late items are sent: long after the verdict, and for most of them by
// another process than the one that had the rest of their trace.
const (
	lateAfter = 3 * time.Second
	lateMore  = 4 * time.Second
)

// kind says why a trace is kept or dropped.
type kind int

const (
	ordinary kind = iota // by its id
	evidence             // kept, for an error in one of its items
	probe                // dropped: its root is a probe
	kinds
)

func (k kind) String() string { return [kinds]string{"ordinary", "evidence", "probe"}[k] }

// trace is one that is sent.
type trace struct {
	id     pcommon.TraceID
	kind   kind
	keep   bool
	items  []int // numbers of tracked
	begins time.Time
}

// tracked is an item that is sent, tries and all.
type tracked struct {
	item    harness.Item
	trace   int
	late    bool
	family  int       // of paths, or noFamily
	taken   int       // the try that was acknowledged, from 1
	at      time.Time // of that
	request bool
}

// outgoing is a batch with the moment it is due, after its step.
type outgoing struct {
	harness.Batch
	after time.Duration
}

// load makes traces, step by step.
type load struct {
	random *rand.Rand
	traces []trace
	items  []tracked // by key - 1
	warm   bool      // frameworks name no route any more
}

// families are services whose paths get a pattern that has to be learned: from the many
// values in one place, and from frameworks that named the route for a while.
const families = 4

const noFamily = -1

func (l *load) next() []outgoing {
	var spans, logs []harness.Item
	var out []outgoing
	for range eachStep {
		n := len(l.traces)
		l.traces = append(l.traces, trace{id: harness.NewTraceID(l.random), begins: time.Now()})
		early, late := l.fill(n)
		for _, it := range early {
			if it.Signal == harness.Spans {
				spans = append(spans, it)
			} else {
				logs = append(logs, it)
			}
		}
		for _, it := range late {
			after := lateAfter + time.Duration(l.random.Int64N(int64(lateMore)))
			out = append(out, outgoing{harness.Batch{Signal: it.Signal, Items: []harness.Item{it}}, after})
		}
	}
	// The spans of a trace go out together: without its root, a trace that has to wait for
	// its sender's next try longer than for its verdict would be no probe.
	return append(out, outgoing{harness.Batch{Signal: harness.Spans, Items: spans}, 0},
		outgoing{harness.Batch{Signal: harness.Logs, Items: logs}, time.Duration(l.random.Int64N(int64(300 * time.Millisecond)))})
}

// fill makes the items of a trace.
func (l *load) fill(n int) (early, late []harness.Item) {
	t := &l.traces[n]
	t.kind = l.kind()
	t.keep = t.kind == evidence || t.kind == ordinary && harness.Randomness(t.id) >= harness.Threshold(percent)
	family := l.random.IntN(2*families) - families
	service, path, route := fmt.Sprintf("shop-%d", l.random.IntN(5)), "", ""
	if t.kind == probe {
		path, family = "/healthz", noFamily
	} else if family >= 0 {
		service = fmt.Sprintf("family-%d", family)
		path, route = l.path(family)
	}
	family = max(family, noFamily)
	root := l.add(n, harness.Item{Signal: harness.Spans, Service: service, Span: harness.NewSpanID(l.random), Path: path, Route: route}, family)
	if l.random.IntN(10) == 0 {
		root.Request = fmt.Sprintf("r-%d", root.Key)
		l.items[root.Key-1].item = root
	}
	early = append(early, root)
	for range l.random.IntN(3) {
		early = append(early, l.add(n, harness.Item{Signal: harness.Spans, Service: service, Span: harness.NewSpanID(l.random), Parent: root.Span}, noFamily))
	}
	for range 1 + l.random.IntN(3) {
		early = append(early, l.add(n, harness.Item{Signal: harness.Logs, Service: service, Span: root.Span, IDIn: harness.Place(l.random.IntN(3))}, noFamily))
	}
	if root.Request != "" {
		early = append(early, l.add(n, harness.Item{Signal: harness.Logs, Service: service, IDIn: harness.Nowhere, Request: root.Request}, noFamily))
	}
	if t.kind == evidence {
		l.fail(early)
	}
	if l.random.IntN(4) == 0 {
		late = append(late, l.add(n, harness.Item{Signal: harness.Spans, Service: service, Span: harness.NewSpanID(l.random), Parent: root.Span}, noFamily),
			l.add(n, harness.Item{Signal: harness.Logs, Service: service, Span: root.Span}, noFamily))
		for _, it := range late {
			l.items[it.Key-1].late = true
		}
	}
	return early, late
}

func (l *load) kind() kind {
	switch dice := l.random.IntN(100); {
	case dice < 6:
		return evidence
	case dice < 14:
		return probe
	default:
		return ordinary
	}
}

// path is one of a family's, with the route that its framework names, if it does.
func (l *load) path(family int) (path, route string) {
	word := make([]byte, 9)
	for i := range word {
		word[i] = 'a' + byte(l.random.IntN(26))
	}
	if family%2 == 0 {
		return fmt.Sprintf("/f%d/people/%s", family, word), ""
	}
	if !l.warm {
		route = fmt.Sprintf("/f%d/tenants/{tenant}/home", family)
	}
	return fmt.Sprintf("/f%d/tenants/%s/home", family, word), route
}

// fail gives one of the items that carry the trace's id an error.
func (l *load) fail(items []harness.Item) {
	victim := &items[l.random.IntN(len(items))]
	if victim.IDIn == harness.Nowhere {
		victim = &items[0]
	}
	victim.Fault = []harness.Fault{harness.SpanStatusError, harness.ServerError}[l.random.IntN(2)]
	if victim.Signal == harness.Logs {
		victim.Fault = []harness.Fault{harness.SeverityNumberError, harness.SeverityTextError}[l.random.IntN(2)]
	}
	l.items[victim.Key-1].item = *victim
}

func (l *load) add(n int, it harness.Item, family int) harness.Item {
	it.Key, it.Trace = int64(len(l.items))+1, l.traces[n].id
	l.traces[n].items = append(l.traces[n].items, len(l.items))
	l.items = append(l.items, tracked{item: it, trace: n, family: family, request: it.IDIn == harness.Nowhere})
	return it
}

// keysOf are the keys of items.
func keysOf(items []harness.Item) []int64 {
	keys := slices.Grow([]int64(nil), len(items))
	for _, it := range items {
		keys = append(keys, it.Key)
	}
	return keys
}

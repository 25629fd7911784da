// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package restart

import (
	"fmt"
	"strings"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/e2e/harness"
)

// tally is what became of what was accepted.
type tally struct {
	accepted, traces int
	// lost items were accepted of traces that have to be kept, before their verdict, and
	// never came; unwanted ones came of traces that have to be dropped.
	lost, unwanted int
	// split traces came in part. Of those, flipped had late items with another verdict
	// than the rest.
	split, flipped int
	// early traces came before their wait was over, though they were kept by their id.
	early int
	// duplicates are copies of what was sent once. Of one process and signal they were in
	// so many requests at most.
	duplicates, requests int
	// redelivered are the items that processes said might come twice.
	redelivered int
	// apart are the traces whose verdict is not known beforehand: their items were taken
	// further apart than they wait for each other, for a sender had to try too often.
	apart int
	// patterns are items with another pattern than their family's while the first process
	// ran; learned are the families that had one to be learned.
	patterns, learned int
	// orphaned logs were to get their trace id by their request, and came without.
	orphaned int
	examples []string
}

func (t *tally) String() string {
	return fmt.Sprintf("%d items of %d traces accepted: lost %d, unwanted %d, traces split %d (by late items %d), decided early %d, "+
		"duplicates %d of %d that were said to be possible (at most %d requests a process), traces taken in apart %d, patterns changed %d (of %d families), logs without the trace of their request %d%s",
		t.accepted, t.traces, t.lost, t.unwanted, t.split, t.flipped, t.early, t.duplicates, t.redelivered, t.requests, t.apart, t.patterns, t.learned, t.orphaned,
		strings.Join(append([]string{""}, t.examples...), "\n  "))
}

// example notes one of the first of each fault.
func (t *tally) example(n int, format string, args ...any) {
	if n <= 3 {
		t.examples = append(t.examples, fmt.Sprintf(format, args...))
	}
}

// judge compares what was sent, all of which was acknowledged at last, with what arrived.
func judge(l *load, arrivals []arrival) tally {
	var t tally
	came := make([]bool, len(l.items)) // as the try that was acknowledged
	for i := range arrivals {
		if a := &arrivals[i]; a.attempt == l.items[a.key-1].taken {
			came[a.key-1] = true
		}
	}
	t.accepted, t.traces = len(l.items), len(l.traces)
	for n := range l.traces {
		if tr := &l.traces[n]; tr.kind != ordinary && l.apart(tr) {
			t.apart++
		} else {
			t.trace(l, tr, came)
		}
	}
	t.copies(l, arrivals)
	t.waits(l, arrivals)
	t.families(l, arrivals)
	return t
}

// trace judges one by its items that carry its id. What has its id from its request is
// neither lost nor unwanted: it may come without.
func (t *tally) trace(l *load, tr *trace, came []bool) {
	var early, late [2]int // that came not, and that came
	for _, i := range tr.items {
		it := &l.items[i]
		switch {
		case it.request:
			if tr.keep && !came[i] {
				t.lost++
				t.example(t.lost, "lost: log %d of a request", i+1)
			}
		case it.late:
			late[boolToInt(came[i])]++
		default:
			early[boolToInt(came[i])]++
		}
	}
	if tr.keep {
		t.lost += early[0]
		if early[0] > 0 {
			t.example(t.lost-early[0]+1, "lost: trace %v, %v: of %d early items %d came, of %d late ones %d, tries %v",
				tr.id, tr.kind, early[0]+early[1], early[1], late[0]+late[1], late[1], l.tries(tr))
		}
	} else {
		t.unwanted += early[1]
	}
	if (early[0]+late[0])*(early[1]+late[1]) != 0 {
		t.split++
		t.example(t.split, "split: trace %v, %v, to be kept %t: of %d early items %d came, of %d late ones %d",
			tr.id, tr.kind, tr.keep, early[0]+early[1], early[1], late[0]+late[1], late[1])
		if early[0]*early[1] == 0 {
			t.flipped++
		}
	}
}

// apart reports whether items of the trace may have been decided on before others came.
func (l *load) apart(tr *trace) bool {
	first, last := time.Time{}, time.Time{}
	for _, i := range tr.items {
		it := &l.items[i]
		if it.late {
			continue
		}
		if first.IsZero() || it.at.Before(first) {
			first = it.at
		}
		if it.at.After(last) {
			last = it.at
		}
	}
	for _, i := range tr.items {
		if it := &l.items[i]; it.late && it.at.Before(last) {
			return true
		}
	}
	return last.Sub(first) > rootWait/2
}

// tries are the tries that the items of a trace were taken at.
func (l *load) tries(tr *trace) (out []int) {
	for _, i := range tr.items {
		out = append(out, l.items[i].taken)
	}
	return out
}

// copies counts what came more often than it was sent, and the requests it came in first.
func (t *tally) copies(l *load, arrivals []arrival) {
	type sent struct {
		key     int64
		attempt int
	}
	type sender struct {
		process int
		signal  harness.Signal
	}
	first := make(map[sent]*arrival, len(arrivals))
	requests := map[sender]map[int]bool{}
	for i := range arrivals {
		a := &arrivals[i]
		before, again := first[sent{a.key, a.attempt}]
		if !again {
			first[sent{a.key, a.attempt}] = a
			continue
		}
		t.duplicates++
		by := sender{before.process, l.items[a.key-1].item.Signal}
		if requests[by] == nil {
			requests[by] = map[int]bool{}
		}
		requests[by][before.request] = true
		t.requests = max(t.requests, len(requests[by]))
	}
}

// waits counts the traces that came too early. Those with evidence need not wait.
func (t *tally) waits(l *load, arrivals []arrival) {
	hasty := map[int]bool{}
	for i := range arrivals {
		it := &l.items[arrivals[i].key-1]
		if tr := &l.traces[it.trace]; tr.kind == ordinary && !it.request && arrivals[i].at.Sub(tr.begins) < rootWait {
			hasty[it.trace] = true
		}
	}
	t.early = len(hasty)
}

// families compares the patterns of items after the first process with the last one
// their family had from it.
func (t *tally) families(l *load, arrivals []arrival) {
	var last [families]string
	for i := range arrivals {
		a := &arrivals[i]
		f := l.items[a.key-1].family
		switch {
		case f == noFamily:
		case a.process == 0:
			last[f] = a.pattern
		case last[f] != "" && a.pattern != last[f]:
			t.patterns++
			t.example(t.patterns, "pattern: %q, not %q, from process %d", a.pattern, last[f], a.process)
		}
	}
	for _, pattern := range last {
		t.learned += boolToInt(strings.Contains(pattern, "{"))
	}
	for i := range arrivals {
		t.orphaned += boolToInt(arrivals[i].orphaned)
	}
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

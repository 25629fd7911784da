// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"fmt"
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-correlation/correlationprocessor/e2e/harness"
)

// trail is what became of one trace.
type trail struct {
	when     window          // when its items were sent
	gateways map[string]bool // those that let an item of it out
	verdicts map[string]bool // those its items carry
	items    int             // that were sent
	lost     int             // items that never came out
	strayed  int             // items that came out with another trace id
	repeated int             // items that came out more than once
	evidence bool
}

// trails follows every trace that a stream sent to the sinks behind the gateways.
func trails(s *stream, gateways map[string]*rig) map[pcommon.TraceID]*trail {
	came := map[string]map[harness.Signal]map[int64]harness.Arrival{}
	for name, gateway := range gateways {
		came[name] = arrivals(gateway.sink)
	}
	found := map[pcommon.TraceID]*trail{}
	for _, item := range s.sent {
		when := s.when[item.Key]
		trace, ok := found[item.Trace]
		if !ok {
			trace = &trail{when: when, gateways: map[string]bool{}, verdicts: map[string]bool{}}
			found[item.Trace] = trace
		}
		trace.when = trace.when.joined(when)
		trace.items++
		trace.evidence = trace.evidence || item.Fault.Evidence()
		copies := 0
		for name, signals := range came {
			copies += trace.follow(item, name, signals[item.Signal][item.Key])
		}
		trace.lost += boolToInt(copies == 0)
		trace.repeated += boolToInt(copies > 1)
	}
	return found
}

// follow notes what came of an item out of one gateway, and returns how often.
func (t *trail) follow(item harness.Item, gateway string, arrival harness.Arrival) int {
	if arrival.Count == 0 {
		return 0
	}
	t.gateways[gateway] = true
	verdict, _ := arrival.Attributes["sampling.dry_run.verdict"].(string)
	t.verdicts[verdict] = true
	t.strayed += boolToInt(arrival.Trace != item.Trace)
	return arrival.Count
}

// near says whether some of the trace was sent shortly before, in or shortly
// after one of the changes.
func (t *trail) near(changes []window) bool {
	return slices.ContainsFunc(changes, func(change window) bool {
		return t.when.overlaps(change.grown(flight))
	})
}

// sums is what became of several traces.
type sums struct {
	traces, items           int
	split                   int // traces that several gateways decided on
	lost, strayed, repeated int // items, as in trail
	otherwise               int // ordinary traces with another verdict than their id's
	forgotten               int // traces with an error of which some was not to be kept
}

func (s *sums) add(id pcommon.TraceID, trace *trail) {
	s.traces++
	s.items += trace.items
	s.split += boolToInt(len(trace.gateways) > 1)
	s.lost += trace.lost
	s.strayed += trace.strayed
	s.repeated += trace.repeated
	want := verdict(trace.evidence || harness.Randomness(id) >= harness.Threshold(10))
	wrong := boolToInt(len(trace.verdicts) != 1 || !trace.verdicts[want])
	if trace.evidence {
		s.forgotten += wrong
	} else {
		s.otherwise += wrong
	}
}

func verdict(keep bool) string {
	if keep {
		return "keep"
	}
	return "drop"
}

func (s sums) String() string {
	return fmt.Sprintf("%d traces with %d items: %d traces split, %d with an error not kept whole; items: %d lost, %d twice",
		s.traces, s.items, s.split, s.forgotten, s.lost, s.repeated)
}

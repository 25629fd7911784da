// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"pgregory.net/rapid"
)

// arrival is one span or log on its way to the collector.
type arrival struct {
	trace, item int
	log, failed bool
}

// send puts arrivals together into batches, in order: what stands between two
// batches of one signal may be of the other.
func sendAll(p *pipelines, arrivals []arrival, cut func() bool) {
	td, ld := ptrace.NewTraces(), plog.NewLogs()
	flush := func() {
		if td.SpanCount() > 0 {
			p.send(td)
		}
		if ld.LogRecordCount() > 0 {
			p.send(ld)
		}
		td, ld = ptrace.NewTraces(), plog.NewLogs()
	}
	for _, a := range arrivals {
		switch {
		case a.log && a.failed:
			logOf(a.trace, a.item, failedLog).ResourceLogs().MoveAndAppendTo(ld.ResourceLogs())
		case a.log:
			logOf(a.trace, a.item).ResourceLogs().MoveAndAppendTo(ld.ResourceLogs())
		case a.failed:
			spanOf(a.trace, a.item, failed).ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
		default:
			spanOf(a.trace, a.item).ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
		}
		if cut() {
			flush()
		}
	}
	flush()
}

// Which traces are kept does not depend on the order in which their spans and
// logs arrive, on how they are split over batches or on repetition, and of a
// kept trace everything comes out, of a dropped one nothing.
func TestArrivalOrderDoesNotChangeWhatIsKept(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		arrivals := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) arrival {
			return arrival{
				trace:  rapid.SampledFrom([]int{1, 2, 3, 100, 101}).Draw(t, "trace"),
				item:   rapid.IntRange(0, 9).Draw(t, "item"),
				log:    rapid.Bool().Draw(t, "log"),
				failed: rapid.IntRange(0, 9).Draw(t, "failed") == 0,
			}
		}), 1, 40).Draw(rt, "arrivals")
		shuffled := rapid.Permutation(arrivals).Draw(rt, "shuffled")
		spansSent, logsSent, keep := map[int]int{}, map[int]int{}, map[int]bool{}
		for _, a := range arrivals {
			keep[a.trace] = keep[a.trace] || a.failed || a.trace >= 100
			if a.log {
				logsSent[a.trace]++
			} else {
				spansSent[a.trace]++
			}
		}
		synctest.Test(t, func(*testing.T) {
			p := newPipelines(rt, onePercent)
			defer p.shutdown()
			sendAll(p, shuffled, func() bool { return rapid.IntRange(0, 3).Draw(rt, "cut") == 0 })
			time.Sleep(11 * time.Second)
			spansOut, logsOut := map[int]int{}, map[int]int{}
			for _, s := range p.spans() {
				spansOut[int(s.TraceID()[7])-1]++
			}
			for _, lr := range p.records() {
				logsOut[int(lr.TraceID()[7])-1]++
			}
			for trace, kept := range keep {
				if !kept {
					spansSent[trace], logsSent[trace] = 0, 0
				}
				require.Equal(rt, spansSent[trace], spansOut[trace], "spans of trace %d", trace)
				require.Equal(rt, logsSent[trace], logsOut[trace], "logs of trace %d", trace)
			}
			p.conserved()
		})
	})
}

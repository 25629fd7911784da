// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package report

import "github.com/otelcol-correlation/correlationprocessor/demo/internal/scrape"

// Flow is the fate of one signal's items, by the processor's own counters.
type Flow struct {
	In, Kept, Dropped, Refused, Held int
}

// balanced is the law of conservation: there is no other fate.
func (w Flow) balanced() bool { return w.In == w.Kept+w.Dropped+w.Refused+w.Held }

func (f *Findings) judgeFlows(e Evidence) {
	f.Spans = flowOf(e.Metrics, "spans")
	f.Logs = flowOf(e.Metrics, "logs")
	f.judgeFlow("spans", f.Spans, len(e.Sent.Spans), len(e.Kept.Spans))
	f.judgeFlow("logs", f.Logs, len(e.Sent.Logs), len(e.Kept.Logs))
}

func flowOf(m scrape.Metrics, signal string) Flow {
	return Flow{
		In:      m.Sum(signal + "_received"),
		Kept:    m.Sum(signal + "_kept"),
		Dropped: m.Sum(signal + "_dropped"),
		Refused: m.Sum(signal + "_refused"),
		Held:    m.Sum(signal + "_held"),
	}
}

// judgeFlow compares the counters with each other and with both ends. A refused
// item comes again, so it is received more than once.
func (f *Findings) judgeFlow(signal string, w Flow, sent, out int) {
	if !w.balanced() {
		f.problem("%s are lost or made up: in %d, but kept %d + dropped %d + refused %d + held %d = %d",
			signal, w.In, w.Kept, w.Dropped, w.Refused, w.Held, w.Kept+w.Dropped+w.Refused+w.Held)
	}
	if w.In-w.Refused != sent {
		f.problem("the services sent %d %s, the processor took %d", sent, signal, w.In-w.Refused)
	}
	if w.Kept != out {
		f.problem("the processor kept %d %s, %d came out", w.Kept, signal, out)
	}
	if w.Held != 0 {
		f.problem("%d %s are still held, long after their last chance to wait", w.Held, signal)
	}
	if w.Kept == 0 || w.Dropped == 0 {
		f.problem("kept %d and dropped %d %s: without both there is nothing to compare", w.Kept, w.Dropped, signal)
	}
}

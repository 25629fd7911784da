// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package report

import "github.com/otelcol-correlation/correlationprocessor/testkit/scrape"

func (f *Findings) judgeFlows(e Evidence) {
	f.Spans = e.Metrics.Tally("spans")
	f.Logs = e.Metrics.Tally("logs")
	f.judgeFlow("spans", f.Spans, len(e.Sent.Spans), len(e.Kept.Spans))
	f.judgeFlow("logs", f.Logs, len(e.Sent.Logs), len(e.Kept.Logs))
}

// judgeFlow compares the counters with each other and with both ends. A refused
// item comes again, so it is received more than once.
func (f *Findings) judgeFlow(signal string, w scrape.Tally, sent, out int) {
	if !w.Balanced() {
		f.problem("%s are lost or made up: in %d, but kept %d + dropped %d + refused %d + held %d = %d",
			signal, w.Received, w.Kept, w.Dropped, w.Refused, w.Held, w.Kept+w.Dropped+w.Refused+w.Held)
	}
	if w.Received-w.Refused != sent {
		f.problem("the services sent %d %s, the processor took %d", sent, signal, w.Received-w.Refused)
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

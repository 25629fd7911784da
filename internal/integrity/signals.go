// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package integrity

// compareSignals looks for what one signal has and the other lacks.
func (e *check) compareSignals(spans, logs int, home uint16) {
	switch {
	case spans == 0:
		e.r.trace(LogsWithoutSpans, e.sampled(), home)
	case logs == 0:
		e.r.trace(TracesWithoutLogs, ReasonNone, home)
	}
	for i := range e.links {
		if l := &e.links[i]; l.Kind == KindLog && l.Span != 0 && !unsampled(l) {
			e.speak(l, spans > 0)
		}
	}
}

// unsampled reports whether, by the log's flags, its span was never to arrive.
func unsampled(l *Link) bool { return l.Flags.has(FlagsKnown) && !l.Flags.has(Sampled) }

// speak counts the span a log speaks of, once however many do, and whether it
// came. A trace of which a span came was sampled, whether or not the log knows.
func (e *check) speak(l *Link, sampled bool) {
	n, _ := e.node(l.Span)
	if e.nodes[n].logged {
		return
	}
	e.nodes[n].logged = true
	why := SampledUnknown
	if sampled || l.Flags.has(Sampled) {
		why = SampledYes
	}
	e.r.trace(LogSpans, why, l.Service)
	if e.nodes[n].link == noLink {
		e.r.trace(LogSpanDangling, why, l.Service)
	}
}

// sampled says whether a trace of logs alone was sampled where it began.
func (e *check) sampled() Reason {
	why := SampledUnknown
	for i := range e.links {
		switch f := e.links[i].Flags; {
		case f.has(Sampled):
			return SampledYes
		case f.has(FlagsKnown):
			why = SampledNo
		}
	}
	return why
}

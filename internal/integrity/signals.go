// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package integrity

// compareSignals looks for what one signal has and the other lacks.
func (e *check) compareSignals(spans, logs int, home uint16) {
	if logs == 0 {
		e.flaw(TracesWithoutLogs, ReasonNone, home, e.links[0].Span)
		return
	}
	sampled := SampledYes
	if spans == 0 {
		sampled = e.sampled()
	}
	writer, sends := e.writer()
	if sends {
		e.r.trace(TracesWithLogs, sampled, writer.Service)
	}
	if spans == 0 {
		e.flaw(LogsWithoutSpans, sampled, writer.Service, writer.Span)
	}
	for i := range e.links {
		if l := &e.links[i]; l.Kind == KindLog && l.Span != 0 && !unsampled(l) && e.sends(l) {
			e.speak(l, spans > 0)
		}
	}
}

// sends reports whether the log's service sends spans. One that does not, such as a
// proxy that writes the ids of its callers to its log, loses none.
func (e *check) sends(l *Link) bool { return e.opts.Peers.Sends(e.now, l.Callee) }

// writer returns the first log whose service sends spans, else the first log.
func (e *check) writer() (log *Link, sends bool) {
	for i := range e.links {
		l := &e.links[i]
		switch {
		case l.Kind != KindLog:
		case e.sends(l):
			return l, true
		case log == nil:
			log = l
		}
	}
	return log, false
}

// unsampled reports whether, by the log's flags, its span was never to arrive.
func unsampled(l *Link) bool { return l.Flags.has(FlagsKnown) && !l.Flags.has(Sampled) }

// speak counts the span a log speaks of, once however many do, and whether it
// came. A trace of which a span came was sampled, whether or not the log knows. What a
// service logs before its span begins speaks of the span that called the service,
// which may be somebody's who sends no spans here.
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
	if e.nodes[n].link == noLink && e.nodes[n].called != l.Name {
		e.flaw(LogSpanDangling, why, l.Service, l.Span)
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

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package otlpwire

import (
	"sync/atomic"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// Encoding decides who encodes records: this package, until the OTLP library
// that the collector was built with is found to carry something that this
// package leaves out. From then on the library encodes all of them, at about
// twice the CPU. An Encoding is safe for concurrent use.
type Encoding struct {
	byLibrary atomic.Bool
	missing   func(what string)
	span      func(dst []byte, s ptrace.Span, b *bounds) []byte
	log       func(dst []byte, lr plog.LogRecord, b *bounds) []byte
}

// NewEncoding returns an Encoding that calls missing at most once, with what
// this package leaves out. Probe it before use.
func NewEncoding(missing func(what string)) *Encoding {
	return &Encoding{missing: missing, span: appendSpan, log: appendLog}
}

// ByLibrary reports whether the library encodes the records.
func (e *Encoding) ByLibrary() bool { return e.byLibrary.Load() }

func (e *Encoding) giveUp(what string) {
	if e.byLibrary.CompareAndSwap(false, true) {
		e.missing(what)
	}
}

// checkEvery: the length of one record in so many is compared with what the
// library would write. The library finds that in less time than a record takes
// to encode, so the share is below 0.2 % of the encoding.
const checkEvery = 512

// Encoder encodes the records of one goroutine that can be held: those that are not too
// large, and that the library decodes again.
type Encoder struct {
	encoding *Encoding
	largest  int
	records  uint
	bounds   bounds        // of the record at hand
	spans    ptrace.Traces // one span, or the zero value before the first use
	logs     plog.Logs     // one log record, likewise
}

// Use sets what the encoder goes by, and how many bytes a record may have. It must be
// called before anything else.
func (e *Encoder) Use(encoding *Encoding, largest int) { e.encoding, e.largest = encoding, largest }

// begin sets the bounds of a record that is appended to dst.
func (e *Encoder) begin(dst []byte) *bounds {
	e.bounds = bounds{end: len(dst) + e.largest, most: maxDepth}
	return &e.bounds
}

func (e *Encoder) due() bool {
	e.records++
	return e.records%checkEvery == 0
}

// AppendSpan appends a span as OTLP, and reports whether it can be held; else dst is as
// it was, but for its capacity. The span is the caller's again afterwards.
func (e *Encoder) AppendSpan(dst []byte, s ptrace.Span) (out []byte, ok bool) {
	if e.encoding.ByLibrary() {
		if spanDeeper(s) || (&ptrace.ProtoMarshaler{}).SpanSize(s) > e.largest {
			return dst, false
		}
		return e.spanByLibrary(dst, s), true
	}
	b, start := e.begin(dst), len(dst)
	if dst = e.encoding.span(dst, s, b); b.full(dst) {
		return dst[:start], false
	}
	if !e.due() || (&ptrace.ProtoMarshaler{}).SpanSize(s) <= len(dst)-start {
		return dst, true
	}
	dst = e.spanByLibrary(dst[:start], s)
	if !spanLayout.indexed(dst[start:]) {
		e.encoding.giveUp("a part of a span")
	}
	return dst, true
}

// AppendLog does for log records what AppendSpan does for spans.
func (e *Encoder) AppendLog(dst []byte, lr plog.LogRecord) (out []byte, ok bool) {
	if e.encoding.ByLibrary() {
		if logDeeper(lr) || (&plog.ProtoMarshaler{}).LogRecordSize(lr) > e.largest {
			return dst, false
		}
		return e.logByLibrary(dst, lr), true
	}
	b, start := e.begin(dst), len(dst)
	if dst = e.encoding.log(dst, lr, b); b.full(dst) {
		return dst[:start], false
	}
	if !e.due() || (&plog.ProtoMarshaler{}).LogRecordSize(lr) <= len(dst)-start {
		return dst, true
	}
	dst = e.logByLibrary(dst[:start], lr)
	if !logLayout.indexed(dst[start:]) {
		e.encoding.giveUp("a part of a log record")
	}
	return dst, true
}

// spanByLibrary has the library encode a message of one span and takes the span
// out. Neither step can fail: the library marshals whatever it holds.
func (e *Encoder) spanByLibrary(dst []byte, s ptrace.Span) []byte {
	if e.spans == (ptrace.Traces{}) {
		e.spans = ptrace.NewTraces()
		e.spans.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	}
	one := e.spans.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
	s.MoveTo(one)
	msg, _ := (&ptrace.ProtoMarshaler{}).MarshalTraces(e.spans)
	one.MoveTo(s)
	return appendRecords(dst, msg)
}

func (e *Encoder) logByLibrary(dst []byte, lr plog.LogRecord) []byte {
	if e.logs == (plog.Logs{}) {
		e.logs = plog.NewLogs()
		e.logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty()
	}
	one := e.logs.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
	lr.MoveTo(one)
	msg, _ := (&plog.ProtoMarshaler{}).MarshalLogs(e.logs)
	one.MoveTo(lr)
	return appendRecords(dst, msg)
}

func appendRecords(dst, msg []byte) []byte {
	_ = Walk(msg, ignore, ignore, func(rec []byte) { dst = append(dst, rec...) })
	return dst
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package otlpwire

import (
	"fmt"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/protobuf/encoding/protowire"
)

// Probe compares this package with the library, without any traffic: it encodes
// a span and a log record with all that they can have, and it shows the library
// fields that this package does not know. A field the library keeps, or finds
// to be of the wrong type, is one it knows.
func (e *Encoding) Probe() {
	s, lr := ptrace.NewSpan(), plog.NewLogRecord()
	fillSpan(s)
	fillLog(lr)
	if (&ptrace.ProtoMarshaler{}).SpanSize(s) > len(e.span(nil, s, unbounded())) {
		e.giveUp("a part of a span")
	}
	if (&plog.ProtoMarshaler{}).LogRecordSize(lr) > len(e.log(nil, lr, unbounded())) {
		e.giveUp("a part of a log record")
	}
	seen := map[*layout]bool{}
	e.probe(spanLayout, spanSize, nil, seen)
	e.probe(logLayout, logSize, nil, seen)
}

// spanSize decodes a span and says how long the library would write it.
func spanSize(span []byte) (int, error) {
	td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(wrap(span, fieldInner, fieldInner, fieldTop))
	if err != nil {
		return 0, err
	}
	return (&ptrace.ProtoMarshaler{}).TracesSize(td), nil
}

func logSize(record []byte) (int, error) {
	ld, err := (&plog.ProtoUnmarshaler{}).UnmarshalLogs(wrap(record, fieldInner, fieldInner, fieldTop))
	if err != nil {
		return 0, err
	}
	return (&plog.ProtoMarshaler{}).LogsSize(ld), nil
}

// wrap makes a message the field of another, and that of a third, and so on.
func wrap(msg []byte, path ...protowire.Number) []byte {
	for _, n := range path {
		msg = protowire.AppendBytes(protowire.AppendTag(nil, n, protowire.BytesType), msg)
	}
	return msg
}

// highestField is the highest number that new fields are looked for under. The
// messages have at most 16 today.
const highestField = 63

// probe looks for fields of the message that path leads to, from the inside out,
// and of the messages in it.
func (e *Encoding) probe(l *layout, size func([]byte) (int, error), path []protowire.Number, seen map[*layout]bool) {
	if seen[l] {
		return
	}
	seen[l] = true
	empty, _ := size(wrap(nil, path...))
	for n := protowire.Number(1); n <= highestField; n++ {
		if l.knows(n) {
			continue
		}
		for _, value := range unknown(n) {
			if got, err := size(wrap(value, path...)); err != nil || got > empty {
				e.giveUp(fmt.Sprintf("field %d of %s", n, l.name))
			}
		}
	}
	for n, inner := range l.inner {
		e.probe(inner, size, append([]protowire.Number{n}, path...), seen)
	}
}

// unknown is a field of each wire type.
func unknown(n protowire.Number) [][]byte {
	return [][]byte{
		protowire.AppendVarint(protowire.AppendTag(nil, n, protowire.VarintType), 1),
		protowire.AppendFixed64(protowire.AppendTag(nil, n, protowire.Fixed64Type), 1),
		protowire.AppendBytes(protowire.AppendTag(nil, n, protowire.BytesType), nil),
		protowire.AppendFixed32(protowire.AppendTag(nil, n, protowire.Fixed32Type), 1),
	}
}

// fillSpan sets everything a span can have.
func fillSpan(s ptrace.Span) {
	s.SetTraceID(pcommon.TraceID{1})
	s.SetSpanID(pcommon.SpanID{1})
	s.SetParentSpanID(pcommon.SpanID{1})
	s.TraceState().FromRaw("a=b")
	s.SetFlags(1)
	s.SetName("name")
	s.SetKind(ptrace.SpanKindServer)
	s.SetStartTimestamp(1)
	s.SetEndTimestamp(1)
	fillAttributes(s.Attributes())
	s.SetDroppedAttributesCount(1)
	event := s.Events().AppendEmpty()
	event.SetTimestamp(1)
	event.SetName("event")
	fillAttributes(event.Attributes())
	event.SetDroppedAttributesCount(1)
	s.SetDroppedEventsCount(1)
	link := s.Links().AppendEmpty()
	link.SetTraceID(pcommon.TraceID{1})
	link.SetSpanID(pcommon.SpanID{1})
	link.TraceState().FromRaw("a=b")
	fillAttributes(link.Attributes())
	link.SetDroppedAttributesCount(1)
	link.SetFlags(1)
	s.SetDroppedLinksCount(1)
	s.Status().SetMessage("message")
	s.Status().SetCode(ptrace.StatusCodeError)
}

// fillLog does for log records what fillSpan does for spans.
func fillLog(lr plog.LogRecord) {
	lr.SetTimestamp(1)
	lr.SetObservedTimestamp(1)
	lr.SetSeverityNumber(plog.SeverityNumberInfo)
	lr.SetSeverityText("INFO")
	fillAttributes(lr.Body().SetEmptyMap())
	fillAttributes(lr.Attributes())
	lr.SetDroppedAttributesCount(1)
	lr.SetFlags(1)
	lr.SetTraceID(pcommon.TraceID{1})
	lr.SetSpanID(pcommon.SpanID{1})
	lr.SetEventName("event")
}

// fillAttributes adds a value of each kind.
func fillAttributes(m pcommon.Map) {
	m.PutStr("string", "a")
	m.PutBool("bool", true)
	m.PutInt("int", 1)
	m.PutDouble("double", 1)
	m.PutEmptyBytes("bytes").Append(1)
	m.PutEmptySlice("list").AppendEmpty().SetStr("a")
	m.PutEmptyMap("map").PutStr("string", "a")
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package otlpwire

import (
	"math"
	"reflect"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"pgregory.net/rapid"
)

// asSpan and asLog read bytes of ours back. The library writes the fields of a
// record in another order, so what is compared is what it makes of both.
func asSpan(t require.TestingT, rec []byte) ptrace.Span {
	td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(AppendResource(nil, "", []Scope{{Records: [][]byte{rec}}}))
	require.NoError(t, err)
	return td.ResourceSpans().At(0).ScopeSpans().At(0).Spans().At(0)
}

func asLog(t require.TestingT, rec []byte) plog.LogRecord {
	ld, err := (&plog.ProtoUnmarshaler{}).UnmarshalLogs(AppendResource(nil, "", []Scope{{Records: [][]byte{rec}}}))
	require.NoError(t, err)
	return ld.ResourceLogs().At(0).ScopeLogs().At(0).LogRecords().At(0)
}

func spanBytes(t require.TestingT, s ptrace.Span) []byte {
	td := ptrace.NewTraces()
	s.CopyTo(td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty())
	msg, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
	require.NoError(t, err)
	return msg
}

func logBytes(t require.TestingT, lr plog.LogRecord) []byte {
	ld := plog.NewLogs()
	lr.CopyTo(ld.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords().AppendEmpty())
	msg, err := (&plog.ProtoMarshaler{}).MarshalLogs(ld)
	require.NoError(t, err)
	return msg
}

func checkSpan(t require.TestingT, s ptrace.Span) {
	rec := AppendSpan(nil, s)
	require.Len(t, rec, (&ptrace.ProtoMarshaler{}).SpanSize(s))
	require.Equal(t, spanBytes(t, s), spanBytes(t, asSpan(t, rec)))
}

func checkLog(t require.TestingT, lr plog.LogRecord) {
	rec := AppendLog(nil, lr)
	require.Len(t, rec, (&plog.ProtoMarshaler{}).LogRecordSize(lr))
	require.Equal(t, logBytes(t, lr), logBytes(t, asLog(t, rec)))
}

// texts draws strings whose encoded length needs one, two and three bytes, and such that the length of an attribute
// is just about one byte: 61 and 61, or 113 and a number.
func texts() *rapid.Generator[string] {
	return rapid.OneOf(rapid.String(), rapid.Map(rapid.SampledFrom([]int{0, 60, 61, 112, 113, 119, 125, 126, 127, 128, 16_379, 16_384}), func(n int) string {
		return string(make([]byte, n))
	}))
}

func drawValue(t *rapid.T, v pcommon.Value, depth int) {
	kinds := 7
	if depth == 0 {
		kinds = 5
	}
	switch rapid.IntRange(0, kinds).Draw(t, "kind") {
	case 0:
		v.SetStr(texts().Draw(t, "str"))
	case 1:
		v.SetInt(rapid.Int64().Draw(t, "int"))
	case 2:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case 3:
		v.SetDouble(rapid.Float64().Draw(t, "double"))
	case 4:
		v.SetEmptyBytes().FromRaw(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
	case 5: // no value
	case 6:
		list := v.SetEmptySlice()
		for range rapid.IntRange(0, 3).Draw(t, "values") {
			drawValue(t, list.AppendEmpty(), depth-1)
		}
	case 7:
		drawAttributes(t, v.SetEmptyMap(), depth-1)
	}
}

func drawAttributes(t *rapid.T, m pcommon.Map, depth int) {
	for range rapid.IntRange(0, 4).Draw(t, "attributes") {
		drawValue(t, m.PutEmpty(texts().Draw(t, "key")), depth)
	}
}

func drawIDs(t *rapid.T) (trace pcommon.TraceID, span pcommon.SpanID) {
	if rapid.Bool().Draw(t, "ids") {
		copy(trace[:], rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "trace"))
		copy(span[:], rapid.SliceOfN(rapid.Byte(), 8, 8).Draw(t, "span"))
	}
	return trace, span
}

func uint32s(t *rapid.T, label string) uint32 {
	return rapid.SampledFrom([]uint32{0, 1, 127, 128, math.MaxUint32}).Draw(t, label)
}

func times(t *rapid.T, label string) pcommon.Timestamp {
	return pcommon.Timestamp(rapid.SampledFrom([]uint64{0, 1, 1_795_000_000_000_000_000, math.MaxUint64}).Draw(t, label))
}

func drawSpan(t *rapid.T, s ptrace.Span) {
	trace, span := drawIDs(t)
	s.SetTraceID(trace)
	s.SetSpanID(span)
	_, parent := drawIDs(t)
	s.SetParentSpanID(parent)
	s.TraceState().FromRaw(texts().Draw(t, "state"))
	s.SetName(texts().Draw(t, "name"))
	s.SetFlags(uint32s(t, "flags"))
	s.SetKind(ptrace.SpanKind(rapid.Int32Range(-1, 200).Draw(t, "kind")))
	s.SetStartTimestamp(times(t, "start"))
	s.SetEndTimestamp(times(t, "end"))
	drawAttributes(t, s.Attributes(), 2)
	s.SetDroppedAttributesCount(uint32s(t, "dropped attributes"))
	s.SetDroppedEventsCount(uint32s(t, "dropped events"))
	s.SetDroppedLinksCount(uint32s(t, "dropped links"))
	s.Status().SetCode(ptrace.StatusCode(rapid.Int32Range(-1, 3).Draw(t, "code")))
	s.Status().SetMessage(texts().Draw(t, "message"))
	for range rapid.IntRange(0, 2).Draw(t, "events") {
		e := s.Events().AppendEmpty()
		e.SetName(texts().Draw(t, "event"))
		e.SetTimestamp(times(t, "at"))
		drawAttributes(t, e.Attributes(), 1)
		e.SetDroppedAttributesCount(uint32s(t, "dropped of event"))
	}
	for range rapid.IntRange(0, 2).Draw(t, "links") {
		l := s.Links().AppendEmpty()
		trace, span := drawIDs(t)
		l.SetTraceID(trace)
		l.SetSpanID(span)
		l.TraceState().FromRaw(texts().Draw(t, "state of link"))
		l.SetFlags(uint32s(t, "flags of link"))
		drawAttributes(t, l.Attributes(), 1)
		l.SetDroppedAttributesCount(uint32s(t, "dropped of link"))
	}
}

func drawLog(t *rapid.T, lr plog.LogRecord) {
	trace, span := drawIDs(t)
	lr.SetTraceID(trace)
	lr.SetSpanID(span)
	lr.SetTimestamp(times(t, "time"))
	lr.SetObservedTimestamp(times(t, "observed"))
	lr.SetSeverityNumber(plog.SeverityNumber(rapid.Int32Range(-1, 200).Draw(t, "severity")))
	lr.SetSeverityText(texts().Draw(t, "severity text"))
	lr.SetEventName(texts().Draw(t, "event"))
	lr.SetFlags(plog.LogRecordFlags(uint32s(t, "flags")))
	lr.SetDroppedAttributesCount(uint32s(t, "dropped"))
	drawValue(t, lr.Body(), 2)
	drawAttributes(t, lr.Attributes(), 2)
}

func TestSpansAreEncodedAsByTheLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := ptrace.NewSpan()
		drawSpan(t, s)
		checkSpan(t, s)
	})
}

func TestLogsAreEncodedAsByTheLibrary(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		lr := plog.NewLogRecord()
		drawLog(t, lr)
		checkLog(t, lr)
	})
}

// A stub made of an encoded span is the one made of the span.
func TestTrimmedSpansAreStubs(t *testing.T) {
	keys := []string{"http.route", "url.template"}
	rapid.Check(t, func(t *rapid.T) {
		s := ptrace.NewSpan()
		drawSpan(t, s)
		for _, key := range keys {
			if rapid.Bool().Draw(t, key) {
				drawValue(t, s.Attributes().PutEmpty(key), 2)
			}
		}
		trimmed, stub := asSpan(t, AppendTrimmedStub(nil, AppendSpan(nil, s), keys)), asSpan(t, AppendStub(nil, s, keys))
		require.Equal(t, stub.Attributes().Len(), trimmed.Attributes().Len())
		for key, want := range stub.Attributes().All() {
			got, ok := trimmed.Attributes().Get(key)
			require.True(t, ok, key)
			require.Equal(t, appendAny(nil, 1, want, unbounded()), appendAny(nil, 1, got, unbounded()))
		}
		stub.Attributes().CopyTo(trimmed.Attributes()) // their order is that of the keys
		require.Equal(t, spanBytes(t, stub), spanBytes(t, trimmed))
	})
}

// A field the library learns to know must not be lost here: this fails when it
// has one that encode.go was not written for.
func TestAllFieldsOfTheLibraryAreKnown(t *testing.T) {
	fields := func(v any) (names []string) {
		orig, _ := reflect.TypeOf(v).FieldByName("orig")
		for f := range orig.Type.Elem().Fields() {
			names = append(names, f.Name)
		}
		return names
	}
	require.ElementsMatch(t, []string{
		"TraceId", "SpanId", "TraceState", "ParentSpanId", "Flags", "Name", "Kind", "StartTimeUnixNano", "EndTimeUnixNano", "Attributes",
		"DroppedAttributesCount", "Events", "DroppedEventsCount", "Links", "DroppedLinksCount", "Status",
	}, fields(ptrace.NewSpan()))
	require.ElementsMatch(t, []string{"TimeUnixNano", "Name", "Attributes", "DroppedAttributesCount"}, fields(ptrace.NewSpanEvent()))
	require.ElementsMatch(t, []string{"TraceId", "SpanId", "TraceState", "Attributes", "DroppedAttributesCount", "Flags"}, fields(ptrace.NewSpanLink()))
	require.ElementsMatch(t, []string{"Message", "Code"}, fields(ptrace.NewStatus()))
	require.ElementsMatch(t, []string{
		"TimeUnixNano", "ObservedTimeUnixNano", "SeverityNumber", "SeverityText", "Body", "Attributes", "DroppedAttributesCount", "Flags",
		"TraceId", "SpanId", "EventName",
	}, fields(plog.NewLogRecord()))
}

// FuzzEncode: whatever the library decodes is encoded without a panic, and what
// that gives is the same once it is decoded and encoded again. (Indexes into a
// string table, which only profiles have, are no part of a span.)
func FuzzEncode(f *testing.F) {
	s := ptrace.NewSpan()
	fillSpan(s)
	f.Add(spanBytes(f, s))
	f.Fuzz(func(t *testing.T, data []byte) {
		td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(data)
		if err != nil {
			return
		}
		for _, rs := range td.ResourceSpans().All() {
			for _, ss := range rs.ScopeSpans().All() {
				for _, s := range ss.Spans().All() {
					rec := AppendSpan(nil, s)
					require.LessOrEqual(t, len(rec), (&ptrace.ProtoMarshaler{}).SpanSize(s))
					require.Equal(t, rec, AppendSpan(nil, asSpan(t, rec)))
				}
			}
		}
	})
}

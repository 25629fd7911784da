// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package otlpwire

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/protobuf/encoding/protowire"
)

// encodingOf returns an Encoding and what it was found to leave out.
func encodingOf() (e *Encoding, missing *[]string) {
	missing = new([]string)
	return NewEncoding(func(what string) { *missing = append(*missing, what) }), missing
}

// spanWithout encodes a span without one field: it stands for an encoder that is
// older than the library.
func spanWithout(left protowire.Number) func([]byte, ptrace.Span, *bounds) []byte {
	return func(dst []byte, s ptrace.Span, _ *bounds) []byte { return appendWithout(dst, AppendSpan(nil, s), left) }
}

func logWithout(left protowire.Number) func([]byte, plog.LogRecord, *bounds) []byte {
	return func(dst []byte, lr plog.LogRecord, _ *bounds) []byte {
		return appendWithout(dst, AppendLog(nil, lr), left)
	}
}

func appendWithout(dst, msg []byte, left protowire.Number) []byte {
	for len(msg) > 0 {
		n, _, size, err := field(msg)
		if err != nil {
			panic(err)
		}
		if n != left {
			dst = append(dst, msg[:size]...)
		}
		msg = msg[size:]
	}
	return dst
}

// A record keeps all that the library carries, also where the encoder leaves a
// field out: then the library takes over at the start.
func TestRecordsKeepWhatTheLibraryCarries(t *testing.T) {
	s, lr := ptrace.NewSpan(), plog.NewLogRecord()
	fillSpan(s)
	fillLog(lr)
	wantSpan, wantLog := spanBytes(t, s), logBytes(t, lr)
	for name, change := range map[string]func(*Encoding){
		"as it is":           func(*Encoding) {},
		"span without":       func(e *Encoding) { e.span = spanWithout(spanDroppedLinks) },
		"log record without": func(e *Encoding) { e.log = logWithout(logEventName) },
	} {
		t.Run(name, func(t *testing.T) {
			e, missing := encodingOf()
			change(e)
			e.Probe()
			var enc Encoder
			enc.Use(e, 1<<20)
			prefix := []byte("prefix")
			span, ok := enc.AppendSpan(prefix, s)
			require.True(t, ok)
			require.Equal(t, wantSpan, spanBytes(t, asSpan(t, span[len(prefix):])))
			record, ok := enc.AppendLog(prefix, lr)
			require.True(t, ok)
			require.Equal(t, wantLog, logBytes(t, asLog(t, record[len(prefix):])))
			require.Equal(t, wantSpan, spanBytes(t, s), "the span is still the caller's")
			require.Equal(t, wantLog, logBytes(t, lr), "the log record is still the caller's")
			require.Equal(t, e.ByLibrary(), len(*missing) == 1)
		})
	}
}

// The encoder leaves nothing out of what the library carries today.
func TestNothingIsMissing(t *testing.T) {
	e, missing := encodingOf()
	e.Probe()
	require.False(t, e.ByLibrary())
	require.Empty(t, *missing)
}

// A field that only traffic brings is found by the records that are checked.
func TestLaterRecordsAreCheckedToo(t *testing.T) {
	e, missing := encodingOf()
	e.span = spanWithout(spanDroppedLinks)
	var enc Encoder
	enc.Use(e, 1<<20)
	s := ptrace.NewSpan()
	for range checkEvery {
		enc.AppendSpan(nil, s)
	}
	require.False(t, e.ByLibrary(), "nothing was left out so far")
	s.SetDroppedLinksCount(7)
	for range checkEvery {
		enc.AppendSpan(nil, s)
	}
	require.True(t, e.ByLibrary())
	require.Equal(t, []string{"a part of a span"}, *missing)
	span, ok := enc.AppendSpan(nil, s)
	require.True(t, ok)
	require.Equal(t, uint32(7), asSpan(t, span).DroppedLinksCount())
}

// Indexes into a string table mean nothing on a span or log. A sender that sends
// some must not make the encoding slower for everybody.
func TestIndexesIntoAStringTableChangeNothing(t *testing.T) {
	e, missing := encodingOf()
	var enc Encoder
	enc.Use(e, 1<<20)
	index := protowire.AppendVarint([]byte{tag(attributeLayout().index, protowire.VarintType)}, 5)
	s := asSpan(t, wrap(index, spanAttributes))
	require.Greater(t, (&ptrace.ProtoMarshaler{}).SpanSize(s), len(AppendSpan(nil, s)), "the library carries them")
	lr := asLog(t, wrap(index, listValues, anyMap, logBody))
	for range 2 * checkEvery {
		enc.AppendSpan(nil, s)
		enc.AppendLog(nil, lr)
	}
	require.False(t, e.ByLibrary())
	require.Empty(t, *missing)
}

func attributeLayout() *layout { return spanLayout.inner[spanAttributes] }

// A library that learns a field is found out before any traffic: here the layout
// forgets one that the library has.
func TestProbeFindsFieldsOfEveryMessage(t *testing.T) {
	value := attributeLayout().inner[keyValueValue]
	for _, l := range []*layout{
		spanLayout, logLayout, attributeLayout(), value, value.inner[anyArray], value.inner[anyMap],
		spanLayout.inner[spanEvents], spanLayout.inner[spanLinks], spanLayout.inner[spanStatus],
	} {
		t.Run(l.name, func(t *testing.T) {
			known := l.fields
			defer func() { l.fields = known }()
			l.fields = known[:len(known)-1]
			e, missing := encodingOf()
			e.Probe()
			require.True(t, e.ByLibrary())
			require.Len(t, *missing, 1)
			require.Contains(t, (*missing)[0], " of "+l.name)
		})
	}
}

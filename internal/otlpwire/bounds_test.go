// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package otlpwire

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// nest puts so many levels into a value: maps, lists, or both in turn, with a text in
// the innermost.
func nest(v pcommon.Value, kind string, levels int) {
	for i := range levels {
		if kind == "maps" || kind == "both" && i%2 == 0 {
			v = v.SetEmptyMap().PutEmpty("a")
		} else {
			v = v.SetEmptySlice().AppendEmpty()
		}
	}
	v.SetStr("text")
}

// What can be held is what the library decodes again, to the level: what it
// encodes and does not decode is told at once, and nothing is left of it.
func TestWhatIsTooDeepToBeDecodedIsNotHeld(t *testing.T) {
	places := map[string]func(s ptrace.Span, lr plog.LogRecord) (pcommon.Value, bool){
		"attribute of a span": func(s ptrace.Span, _ plog.LogRecord) (pcommon.Value, bool) { return s.Attributes().PutEmpty("a"), true },
		"attribute of an event": func(s ptrace.Span, _ plog.LogRecord) (pcommon.Value, bool) {
			return s.Events().AppendEmpty().Attributes().PutEmpty("a"), true
		},
		"attribute of a link": func(s ptrace.Span, _ plog.LogRecord) (pcommon.Value, bool) {
			return s.Links().AppendEmpty().Attributes().PutEmpty("a"), true
		},
		"attribute of a log": func(_ ptrace.Span, lr plog.LogRecord) (pcommon.Value, bool) {
			return lr.Attributes().PutEmpty("a"), false
		},
		"body": func(_ ptrace.Span, lr plog.LogRecord) (pcommon.Value, bool) { return lr.Body(), false },
	}
	own, _ := encodingOf()
	library, _ := encodingOf()
	library.giveUp("")
	for place, at := range places {
		for _, kind := range []string{"maps", "lists", "both"} {
			t.Run(place+" with "+kind, func(t *testing.T) {
				held := 0
				for levels := range 60 {
					s, lr := ptrace.NewSpan(), plog.NewLogRecord()
					v, ofSpan := at(s, lr)
					nest(v, kind, levels)
					var decodes bool
					if ofSpan {
						_, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(spanBytes(t, s))
						decodes = err == nil
					} else {
						_, err := (&plog.ProtoUnmarshaler{}).UnmarshalLogs(logBytes(t, lr))
						decodes = err == nil
					}
					for _, encoding := range []*Encoding{own, library} {
						var enc Encoder
						enc.Use(encoding, 1<<20)
						var out []byte
						var ok bool
						if ofSpan {
							out, ok = enc.AppendSpan([]byte("before"), s)
						} else {
							out, ok = enc.AppendLog([]byte("before"), lr)
						}
						require.Equal(t, decodes, ok, "%d levels", levels)
						if !ok {
							require.Equal(t, "before", string(out))
							continue
						}
						held++
						if ofSpan {
							require.Equal(t, spanBytes(t, s), spanBytes(t, asSpan(t, out[6:])))
						} else {
							require.Equal(t, logBytes(t, lr), logBytes(t, asLog(t, out[6:])))
						}
					}
				}
				require.Greater(t, held, 2*29)
				require.Less(t, held, 2*60)
			})
		}
	}
}

// The length of what lies deep is reckoned by the library, so that no content is moved
// once for each level.
func TestDeepValuesAreEncodedAsByTheLibrary(t *testing.T) {
	for _, levels := range []int{0, 1, 2, 3, 4, 10, 29, 1000, 150_000} {
		lr := plog.NewLogRecord()
		nest(lr.Body(), "both", levels)
		nest(lr.Attributes().PutEmpty("b"), "lists", levels)
		lr.Attributes().PutStr("after", strings.Repeat("x", 200))
		rec := AppendLog(nil, lr)
		require.Len(t, rec, (&plog.ProtoMarshaler{}).LogRecordSize(lr))
		if levels < 30 {
			require.Equal(t, logBytes(t, lr), logBytes(t, asLog(t, rec)))
		}
	}
}

// A record that is larger than may be held is given up, wherever it is large, and
// without a copy of a large text.
func TestWhatIsTooLargeIsNotHeld(t *testing.T) {
	large := strings.Repeat("x", 2000)
	for name, fill := range map[string]func(ptrace.Span, plog.LogRecord){
		"one attribute": func(s ptrace.Span, lr plog.LogRecord) {
			s.Attributes().PutStr("a", large)
			lr.Attributes().PutStr("a", large)
		},
		"many attributes": func(s ptrace.Span, lr plog.LogRecord) {
			for n := range 100 {
				s.Attributes().PutStr(fmt.Sprint("key of an attribute ", n), "value")
				lr.Attributes().PutStr(fmt.Sprint("key of an attribute ", n), "value")
			}
		},
		"bytes": func(s ptrace.Span, lr plog.LogRecord) {
			s.Attributes().PutEmptyBytes("a").FromRaw([]byte(large))
			lr.Body().SetEmptyBytes().FromRaw([]byte(large))
		},
		"name and body": func(s ptrace.Span, lr plog.LogRecord) {
			s.SetName(large)
			lr.Body().SetStr(large)
		},
		"events and a list": func(s ptrace.Span, lr plog.LogRecord) {
			list := lr.Body().SetEmptySlice()
			for range 200 {
				s.Events().AppendEmpty().SetName("event")
				list.AppendEmpty().SetStr("element")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			for _, byLibrary := range []bool{false, true} {
				e, _ := encodingOf()
				if byLibrary {
					e.giveUp("")
				}
				var enc Encoder
				enc.Use(e, 1000)
				s, lr := ptrace.NewSpan(), plog.NewLogRecord()
				_, ok := enc.AppendSpan(nil, s)
				require.True(t, ok)
				fill(s, lr)
				_, ok = enc.AppendSpan(nil, s)
				require.False(t, ok)
				_, ok = enc.AppendLog(nil, lr)
				require.False(t, ok)
			}
		})
	}
}

// BenchmarkNestedLog is a log whose body lies 29 maps deep, the most that is held, with
// so many bytes in it.
func BenchmarkNestedLog(b *testing.B) {
	for _, size := range []int{100, 10_000, 1_000_000} {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			lr := plog.NewLogRecord()
			v := lr.Body()
			for range 29 {
				v = v.SetEmptyMap().PutEmpty("a")
			}
			v.SetStr(strings.Repeat("x", size))
			e, _ := encodingOf()
			var enc Encoder
			enc.Use(e, 1<<30)
			var dst []byte
			b.SetBytes(int64(size))
			for b.Loop() {
				dst, _ = enc.AppendLog(dst[:0], lr)
			}
		})
	}
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package fingerprint

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"pgregory.net/rapid"
)

func TestNamesOfAttributes(t *testing.T) {
	for text, want := range map[string]Attribute{
		"url.template":                        {inItemOrResource, "url.template"},
		`span.attributes["url.template"]`:     {inSpan, "url.template"},
		`log.attributes["a b"]`:               {inLog, "a b"},
		`resource.attributes["service.name"]`: {inResource, "service.name"},
	} {
		a, ok := Parse(text)
		require.True(t, ok, text)
		require.Equal(t, want, a, text)
	}
	for _, text := range []string{"", "a b", `a"b`, `attributes["x"]`, `span.attributes[""]`, `span.attributes["x"`, "a'b"} {
		_, ok := Parse(text)
		require.False(t, ok, text)
	}
}

func attribute(t require.TestingT, text string) []Attribute {
	a, ok := Parse(text)
	require.True(t, ok)
	return []Attribute{a}
}

func span(parent pcommon.SpanID, kind ptrace.SpanKind, value string) ptrace.Span {
	s := ptrace.NewSpan()
	s.SetParentSpanID(parent)
	s.SetKind(kind)
	s.Attributes().PutStr("x", value)
	return s
}

func log(value string) plog.LogRecord {
	lr := plog.NewLogRecord()
	lr.Attributes().PutStr("x", value)
	return lr
}

func resource(value string) pcommon.Resource {
	r := pcommon.NewResource()
	r.Attributes().PutStr("x", value)
	return r
}

// The attribute says where its value is looked for: an item's own goes first, unless
// another is asked for.
func TestWhereValuesAreLookedFor(t *testing.T) {
	none := pcommon.NewResource()
	for text, want := range map[string][3]string{
		"x":                        {"own", "own", "resource"},
		`span.attributes["x"]`:     {"own", "", ""},
		`log.attributes["x"]`:      {"", "own", ""},
		`resource.attributes["x"]`: {"resource", "resource", "resource"},
	} {
		a := attribute(t, text)
		bare := ptrace.NewSpan()
		for i, it := range []Item{
			Span(span(pcommon.SpanID{}, 0, "own"), resource("resource")), Log(log("own"), resource("resource")), Span(bare, resource("resource")),
		} {
			got, ok := Hash(a, it)
			require.Equal(t, want[i] != "", ok, "%s of item %d", text, i)
			if ok {
				same, _ := Hash(attribute(t, "x"), Log(log(want[i]), none))
				require.Equal(t, same, got, "%s of item %d", text, i)
			}
		}
		_, ok := Hash(a, Span(bare, none))
		require.False(t, ok)
	}
}

// Whatever the values are: the root's fingerprint is the smallest one of its trace, then
// those of the entries to services, of other spans and of log records.
func TestTheRootSpeaksForItsTrace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, none, parent := attribute(t, "x"), pcommon.NewResource(), pcommon.SpanID{1}
		kind := rapid.SampledFrom([]ptrace.SpanKind{ptrace.SpanKindInternal, ptrace.SpanKindClient, ptrace.SpanKindProducer, ptrace.SpanKindUnspecified})
		entry := rapid.SampledFrom([]ptrace.SpanKind{ptrace.SpanKindServer, ptrace.SpanKindConsumer})
		value := rapid.String()
		of := []uint64{
			Of(a, Span(span(pcommon.SpanID{}, kind.Draw(t, "kind of the root"), value.Draw(t, "root")), none)),
			Of(a, Span(span(parent, entry.Draw(t, "entry"), value.Draw(t, "of the entry")), none)),
			Of(a, Span(span(parent, kind.Draw(t, "kind"), value.Draw(t, "inner")), none)),
			Of(a, Log(log(value.Draw(t, "log")), none)),
		}
		require.IsIncreasing(t, of)
	})
}

// The same values make the same number, in whatever item, and others another one; where
// one value ends and the next begins is seen.
func TestFingerprintsAreOfValues(t *testing.T) {
	keys := append(attribute(t, "x"), attribute(t, "y")...)
	item := func(x, y string) Item {
		lr := plog.NewLogRecord()
		lr.Attributes().PutStr("x", x)
		lr.Attributes().PutStr("y", y)
		return Log(lr, pcommon.NewResource())
	}
	seen := map[uint64][2]string{}
	texts := []string{"", "a", "b", "aa", "ab", "ba", "bb"}
	for _, x := range texts {
		for _, y := range texts {
			f := Of(keys, item(x, y))
			require.NotContains(t, seen, f, "%q is like %q, %q", seen[f], x, y)
			seen[f] = [2]string{x, y}
			require.Equal(t, f, Of(keys, item(x, y)))
			_, hashed := Hash(keys, item(x, y))
			require.Equal(t, x+y != "", hashed)
		}
	}
	require.Zero(t, Of(nil, Log(log("a"), pcommon.NewResource())), "nothing was asked for")
}

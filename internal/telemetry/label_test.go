// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"pgregory.net/rapid"
)

// requireLabel checks what every value of a label must be.
func requireLabel(t require.TestingT, text string) {
	require.True(t, utf8.ValidString(text), "%.80q", text)
	require.LessOrEqual(t, len(text), MaxLabelBytes)
	require.False(t, strings.ContainsFunc(text, unicode.IsControl), "%.80q", text)
}

func TestLabels(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "",
		"cart":                           "cart",
		"Café ☕ 店":                       "Café ☕ 店",
		"a\x00b":                         "a\uFFFDb",
		"a\nb\tc\x7f":                    "a\uFFFDb\uFFFDc\uFFFD",
		"a\u0085b":                       "a\uFFFDb",
		"\xff":                           "\uFFFD",
		"caf\xe9":                        "caf\uFFFD",
		"\xed\xa0\x80":                   "\uFFFD\uFFFD\uFFFD", // half of a surrogate pair
		"\xf4\x90\x80\x80":               "\uFFFD\uFFFD\uFFFD\uFFFD",
		"\uFFFD":                         "\uFFFD",
		strings.Repeat("x", 256):         strings.Repeat("x", 256),
		strings.Repeat("x", 257):         strings.Repeat("x", 256),
		strings.Repeat("x", 255) + "é":   strings.Repeat("x", 255),
		strings.Repeat("x", 254) + "é":   strings.Repeat("x", 254) + "é",
		strings.Repeat("x", 256) + "é":   strings.Repeat("x", 256),
		strings.Repeat("\xff", 1<<20):    strings.Repeat("\uFFFD", 85),
		"é" + strings.Repeat("x", 1<<20): "é" + strings.Repeat("x", 254),
	} {
		require.Equal(t, want, Label(text), "%.80q", text)
	}
}

// someText is often broken.
func someText() *rapid.Generator[string] {
	return rapid.OneOf(
		rapid.String(),
		rapid.Custom(func(t *rapid.T) string { return string(rapid.SliceOfN(rapid.Byte(), 0, 300).Draw(t, "bytes")) }),
		rapid.Custom(func(t *rapid.T) string {
			return strings.Repeat(rapid.SampledFrom([]string{"x", "é", "\xff", "\x00", "店", "😀"}).Draw(t, "text"), rapid.IntRange(0, 600).Draw(t, "times"))
		}),
	)
}

func TestLabelsAreValidAndStay(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := someText().Draw(t, "text")
		label := Label(text)
		requireLabel(t, label)
		require.Equal(t, label, Label(label), "a label is a label")
		require.Equal(t, label, string(appendLabel(nil, text)))
		plain := utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
		if plain {
			require.True(t, strings.HasPrefix(text, label))
			require.True(t, len(text) > MaxLabelBytes || text == label)
		}
	})
}

// Whatever a resource says, its service's labels are fit to be labels, and the same
// resource has the same ones the next time.
func TestLabelsOfServices(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		s := services(t, "service.version")
		res := pcommon.NewResource()
		for _, key := range s.keys {
			someValue(rt, res.Attributes().PutEmpty(key))
		}
		svc := s.Of(res)
		require.Same(rt, svc, s.Of(res))
		for _, kv := range svc.Labels {
			requireLabel(rt, kv.Value.AsString())
		}
		requireLabel(rt, s.nameOf(svc.NameID))
	})
}

// someValue fills a value of any type.
func someValue(t *rapid.T, v pcommon.Value) {
	switch rapid.IntRange(0, 5).Draw(t, "type") {
	case 0:
		v.SetInt(rapid.Int64().Draw(t, "int"))
	case 1:
		v.SetEmptyMap().PutStr(someText().Draw(t, "key"), someText().Draw(t, "value"))
	case 2:
		v.SetEmptySlice().AppendEmpty().SetStr(someText().Draw(t, "element"))
	case 3:
		v.SetEmptyBytes().FromRaw(rapid.SliceOf(rapid.Byte()).Draw(t, "bytes"))
	case 4: // empty
	default:
		v.SetStr(someText().Draw(t, "text"))
	}
}

// An attribute is the label that Prometheus' classic names make of it.
func TestNamesOfLabels(t *testing.T) {
	for key, want := range map[string]string{
		"service.name": "service_name", "k8s.pod.name": "k8s_pod_name", "tier": "tier", "Team-ID": "Team_ID",
		"9lives": "_9lives", "größe": "gr__e", "": "",
	} {
		require.Equal(t, want, LabelName(key))
	}
}

// Names that begin alike for as long as a label may be are one service.
func TestNamesThatBeginAlikeAreOneService(t *testing.T) {
	s := services(t)
	long := strings.Repeat("n", MaxLabelBytes)
	require.Same(t, s.Of(resource(long+"-a")), s.Of(resource(long+"-b")))
	require.NotSame(t, s.Of(resource(long[1:]+"a")), s.Of(resource(long[1:]+"b")))
	require.Equal(t, "service_name="+long, labels(s.Of(resource(long+"-c"))))
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package logtrace

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor/internal/logfield"
	"github.com/otelcol-correlation/correlationprocessor/internal/traceid"
)

const otherTrace = "ffff2f3577b34da6a3ce929d0e0e4736"

// addTexts adds the bodies of the corpora to a fuzz target.
func addTexts(f *testing.F, add func(body string)) {
	for _, file := range []string{"corpus.txt", "lookalikes.txt"} {
		for _, c := range readCorpus(f, file) {
			add(c.body)
		}
	}
}

// printable replaces what is not a printable byte of ASCII by a dot, and shortens the text.
func printable(s string) string {
	out := []byte(s[:min(len(s), 4<<10)])
	for i, c := range out {
		if c < ' ' || c > '~' {
			out[i] = '.'
		}
	}
	return string(out)
}

// FuzzOwnID: whatever is quoted, asked for or sent, the id that stands in the line itself is the line's, before it
// and behind it.
func FuzzOwnID(f *testing.F) {
	addTexts(f, func(body string) { f.Add(body) })
	k := NewKeys(nil)
	f.Fuzz(func(t *testing.T, text string) {
		text = strings.Map(func(r rune) rune {
			if strings.ContainsRune("\"'\\{}", r) {
				return ' '
			}
			return r
		}, printable(text))
		for _, form := range []string{
			"sql=\"%s where trace_id='" + otherTrace + "'\"", "query='%s trace_id=" + otherTrace + "'",
			"said \"%s and trace_id=" + otherTrace + "\"", `payload={"a":"%s","trace_id":"` + otherTrace + `"}`,
			`db.find({"a":"%s","trace_id":"` + otherTrace + `"})`, `params={a: %s, trace_id=` + otherTrace + `}`,
		} {
			others := fmt.Sprintf(form, text)
			for _, line := range []string{others + " trace_id=" + aTrace, "trace_id=" + aTrace + " " + others} {
				c, reason := k.ScanBody(line)
				if reason != traceid.Found || hexOf(c.TraceID) != aTrace {
					t.Fatalf("%v %x of %q", reason, c.TraceID, line)
				}
			}
		}
	})
}

// FuzzMessage: a text says the same within JSON, and within JSON that is within JSON.
func FuzzMessage(f *testing.F) {
	addTexts(f, func(body string) { f.Add(body) })
	k := NewKeys(nil)
	f.Fuzz(func(t *testing.T, text string) {
		text = printable(text)
		want, why := k.ScanBody(text)
		for range 2 {
			wrapped, err := json.Marshal(map[string]string{"log": text, "stream": "stdout"})
			require.NoError(t, err)
			text = string(wrapped)
			if got, reason := k.ScanBody(text); got != want || reason != why {
				t.Fatalf("%v %+v, but bare %v %+v: %s", reason, got, why, want, text)
			}
		}
	})
}

// FuzzPlaces: what stands around a place does not depend on which places were asked for before, and nothing is read
// beyond the text.
func FuzzPlaces(f *testing.F) {
	addTexts(f, func(body string) { f.Add(body) })
	k := NewKeys(nil)
	f.Fuzz(func(t *testing.T, text string) {
		text = text[:min(len(text), 300)]
		var around surroundings
		for at := range len(text) {
			var fresh surroundings
			if got, want := around.ofForm(k, text, at), fresh.ofForm(k, text, at); got != want {
				t.Fatalf("%d, but alone %d, at %d of %q", got, want, at, text)
			}
			if value := min(at+3, len(text)); value > at {
				around.ofPair(k, text, at, at+1, value)
			}
		}
	})
}

// FuzzHeaderWords: behind the words, and only behind them, stands a header.
func FuzzHeaderWords(f *testing.F) {
	for _, key := range []string{"http_traceparent", "request_X-B3-Traceid", "req.headers.b3", "httpRequestSW8", "sent_http_traceparent", "http__b3", "HTTP", "httpB\\3", "http_b_3", "http_b3-"} {
		f.Add(key)
	}
	k := NewKeys(nil)
	f.Fuzz(func(t *testing.T, key string) {
		r := k.behindWords(key)
		rest, ok := afterHeaderWord(key)
		if !ok {
			if r.Kind != RoleNone {
				t.Fatalf("%q has %+v", key, r)
			}
			return
		}
		want := k.headers.Lookup(rest)
		if want.Kind == RoleNone {
			want = k.behindWords(rest)
		}
		if r != want {
			t.Fatalf("%q has %+v, but %q has %+v", key, r, rest, want)
		}
		if r.Kind != RoleNone && !endsLikeHeader(key) && len(key) < 64 && isASCII(key) {
			t.Fatalf("%q is never asked for", key)
		}
	})
}

// TestHeadersBehindWords: each header has its role behind each word, in any case and with any separator.
func TestHeadersBehindWords(t *testing.T) {
	k := NewKeys([]string{"traceparent"})
	for _, b := range builtins {
		if !b.isHeader() {
			continue
		}
		want := k.headers.Lookup(b.name)
		assert.Equal(t, want.Kind, b.kind, b.name)
		for _, word := range headerWords {
			underscored := word + "_" + strings.ReplaceAll(b.name, "-", "_")
			keys := []string{underscored, strings.ToUpper(underscored), word + "." + b.name, "http_" + word + "-" + b.name}
			if b.name[0]|0x20 != 's' { // a header and its first letter would be headers
				keys = append(keys, word+b.name)
			}
			for _, key := range keys {
				got := k.Lookup(key)
				if known := k.dict.Lookup(key); known.Kind != RoleNone {
					want := Role{Kind: b.kind, Rank: got.Rank, hint: got.hint}
					assert.Equal(t, want, got, key) // zipkin_trace_id is a key of its own
					continue
				}
				assert.Equal(t, want, got, key)
			}
		}
		for _, key := range []string{"sent_http_" + b.name, "response_" + b.name, "arg_" + b.name, "https" + b.name, b.name + "_http"} {
			assert.Equal(t, RoleNone, k.Lookup(key).Kind, key)
		}
	}
}

// TestScanBodyOfLongStackTraces: what stands behind a stack trace is read up to MaxBodyBytes, however often the
// line was wrapped.
func TestScanBodyOfLongStackTraces(t *testing.T) {
	k := NewKeys(nil)
	for _, kib := range []int{1, 3, 4, 6, 9, 13} {
		stack := "java.lang.IllegalStateException: gateway said no\n" + strings.Repeat("\tat com.example.Pay.charge(Pay.java:10)\n", kib<<10/41)
		line := map[string]string{"log": "x", "message": "charge failed", "stack_trace": stack, "trace_id": aTrace, "zz_span_id": aSpan}
		text, err := json.Marshal(line)
		require.NoError(t, err)
		for wrapped := range 3 {
			if len(text) > MaxBodyBytes {
				break
			}
			c, reason := k.ScanBody(string(text))
			assert.Equal(t, traceid.Found, reason, "%d KiB, wrapped %d times", kib, wrapped)
			assert.Equal(t, aTrace, hexOf(c.TraceID))
			assert.Zero(t, testing.AllocsPerRun(10, func() { sinkContext, sinkReason = k.ScanBody(string(text)) })-1, "but for the conversion")
			text, err = json.Marshal(map[string]string{"log": string(text) + "\n", "stream": "stdout"})
			require.NoError(t, err)
		}
	}
}

// TestUnescapeInPlace: a string that is a part of its own buffer is read before it is written over, and what an encoder
// escapes comes back.
func TestUnescapeInPlace(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringMatching(`([ -~]|\\u00[2-7][0-9a-f]|\\["\\/nt]){0,60}`).Draw(t, "text")
		apart := make([]byte, len(text))
		n := unescape(apart, text)
		pad := rapid.IntRange(0, 5).Draw(t, "pad")
		within := []byte(strings.Repeat("x", pad) + text)
		m := unescape(within, borrow(within[pad:]))
		assert.Equal(t, string(apart[:n]), string(within[:m]), "%q", text)
		if quoted, err := json.Marshal(text); err == nil {
			back := make([]byte, len(quoted))
			inside := string(quoted[1 : len(quoted)-1])
			assert.Equal(t, text, string(back[:unescape(back, inside)]))
		}
	})
}

// TestNameSets: each word is in its set whatever its case, and the sets part what they are for.
func TestNameSets(t *testing.T) {
	for _, d := range []*logfield.Dict[bool]{records, queries, quoters} {
		for _, name := range d.Names() {
			assert.True(t, d.Lookup(strings.ToUpper(name)), name)
		}
	}
	k := NewKeys(nil)
	for _, name := range append(queries.Names(), quoters.Names()...) {
		assert.Equal(t, RoleNone, k.Lookup(name).Kind, name)
		_, ok := k.Enter(Scope{}, name)
		assert.False(t, ok, "%s is no container", name)
	}
}

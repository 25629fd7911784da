// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package logtrace

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor/internal/traceid"
)

const (
	aTrace = "4bf92f3577b34da6a3ce929d0e0e4736"
	aSpan  = "00f067aa0ba902b7"
)

// noise draws a JSON value that holds no trace id, deep and with everything that is hard to pass over.
func noise(depth int) *rapid.Generator[any] {
	keys := rapid.SampledFrom([]string{"a", "user", "id", "http", "request_id", "links", "data", "tr\"ace", "{", "]", "é", "fields", "x", ""})
	return rapid.Custom(func(t *rapid.T) any {
		kind := rapid.IntRange(0, 6).Draw(t, "kind")
		if depth == 0 {
			kind %= 5
		}
		switch kind {
		case 0:
			return rapid.StringMatching(`[a-z"\\{}\[\],:= \n]{0,20}`).Draw(t, "s")
		case 1:
			return rapid.Float64().Draw(t, "f")
		case 2:
			return nil
		case 3:
			return rapid.Bool().Draw(t, "b")
		case 4:
			return aTrace // a look-alike under a key that means nothing
		case 5:
			return rapid.SliceOfN(noise(depth-1), 0, 4).Draw(t, "a")
		}
		return rapid.MapOfN(keys, noise(depth-1), 0, 4).Draw(t, "o")
	})
}

// TestScanBodyFindsItInAnyJSON: whatever stands around it, the id is found; without it, nothing is.
func TestScanBodyFindsItInAnyJSON(t *testing.T) {
	k := NewKeys(nil)
	rapid.Check(t, func(t *rapid.T) {
		record := rapid.MapOfN(rapid.SampledFrom([]string{"a", "level", "msg_", "zz", "http", "user", "links"}), noise(3), 0, 6).Draw(t, "record")
		encode := func() string {
			text, err := json.Marshal(record)
			require.NoError(t, err)
			return string(text)
		}
		_, reason := k.ScanBody(encode())
		assert.Equal(t, traceid.Absent, reason, encode())

		record["trace_id"], record["span_id"] = aTrace[1:]+"a", aSpan
		text := encode()
		if rapid.Bool().Draw(t, "prefix") {
			text = "2026-11-21T09:53:01Z stdout F " + text
		}
		c, reason := k.ScanBody(text)
		require.Equal(t, traceid.Found, reason, text)
		assert.Equal(t, aTrace[1:]+"a", hexOf(c.TraceID), text)
		assert.Equal(t, traceid.FormatW3CHex, c.Format)
		assert.NotZero(t, c.SpanID)
	})
}

// TestScanBodyOfCutOffText: a body cut off anywhere gives the whole id or none.
func TestScanBodyOfCutOffText(t *testing.T) {
	k := NewKeys(nil)
	for _, body := range []string{jsonBody, noIDBody, `{"log":"{\"trace_id\":\"` + aTrace + `\"}"}`} {
		for n := range len(body) {
			c, reason := k.ScanBody(body[:n])
			if reason == traceid.Found {
				assert.Equal(t, aTrace, hexOf(c.TraceID), body[:n])
			}
		}
	}
}

// TestScanBodyIsBounded: what stands behind MaxBodyBytes is not read, and an id on the border is
// read whole or not at all.
func TestScanBodyIsBounded(t *testing.T) {
	k := NewKeys(nil)
	const pair = "trace_id=" + aTrace
	for shift := range 2 * len(pair) {
		body := strings.Repeat(".", MaxBodyBytes-shift-1) + " " + pair + " and more"
		c, reason := k.ScanBody(body)
		if shift > len(pair) {
			require.Equal(t, traceid.Found, reason, shift)
		}
		if reason == traceid.Found {
			assert.Equal(t, aTrace, hexOf(c.TraceID), shift)
			assert.GreaterOrEqual(t, shift, len(pair))
		}
	}
}

// TestScanBodyOfCrowdedText: an id behind many known keys is found, behind more than any line has it is not looked for.
func TestScanBodyOfCrowdedText(t *testing.T) {
	k := NewKeys(nil)
	for known, want := range map[int]traceid.Reason{0: traceid.Found, maxKnown - 1: traceid.Found, maxKnown: traceid.Absent} {
		_, reason := k.ScanBody(strings.Repeat("tid=x ", known) + "trace_id=" + aTrace)
		assert.Equal(t, want, reason, known)
	}
}

// TestScanBodyPrecedence: of several ids the one whose key ranks first wins, wherever it stands.
func TestScanBodyPrecedence(t *testing.T) {
	k := NewKeys(nil)
	other := strings.Repeat("1", 32)
	for _, body := range []string{
		`{"traceparent":"00-` + other + "-" + aSpan + `-01","trace_id":"` + aTrace + `"}`,
		`{"trace_id":"` + aTrace + `","traceparent":"00-` + other + "-" + aSpan + `-01"}`,
		"dd.trace_id=" + other + " traceId=" + aTrace,
		`dd.trace_id=` + other + ` {"traceId":"` + aTrace + `"}`,
		`{"msg":"trace_id=` + other + `","dd":{"trace_id":"` + aTrace + `"}}`,
		`{"trace_id":"` + aTrace + `","trace_id":"` + other + `"}`,
	} {
		c, reason := k.ScanBody(body)
		assert.Equal(t, traceid.Found, reason, body)
		assert.Equal(t, aTrace, hexOf(c.TraceID), body)
	}
}

// TestScanBodyBorrows: the result holds nothing of the body.
func TestScanBodyBorrows(t *testing.T) {
	k := NewKeys(nil)
	body := []byte(jsonBody)
	c, reason := k.ScanBody(borrow(body))
	require.Equal(t, traceid.Found, reason)
	clear(body)
	assert.Equal(t, aTrace, hexOf(c.TraceID))
}

func TestFinderOfNothing(t *testing.T) {
	var f Finder
	c, reason := f.Result()
	assert.Equal(t, traceid.Absent, reason)
	assert.Zero(t, c)
	f.Offer(Role{}, aTrace)
	_, reason = f.Result()
	assert.Equal(t, traceid.Absent, reason, "a key without meaning says nothing")
}

// TestFinderOrder: the result does not depend on the order of the attributes.
func TestFinderOrder(t *testing.T) {
	k := NewKeys(nil)
	rapid.Check(t, func(t *rapid.T) {
		attrs := rapid.Permutation([][2]string{
			{"trace_id", aTrace},
			{"span_id", aSpan},
			{"otelSpanID", "1111111111111111"},
			{"trace_flags", "01"},
			{"dd.trace_id", "42"},
			{"X-B3-Flags", "1"},
			{"tid", "7"},
			{"_dd.p.tid", "664a1f3c00000000"},
			{"url.path", "/"},
		}).Draw(t, "attrs")
		assert.Equal(t, aTrace+" span="+aSpan+" flags=01 format=w3c_hex debug", describe(fromAttributes(k, attrs)))
	})
}

func TestFinderOfferInt(t *testing.T) {
	k := NewKeys(nil)
	var f Finder
	f.OfferInt(k.Lookup("dd.trace_id"), 1234567890123456)
	f.OfferInt(k.Lookup("dd.span_id"), 42)
	f.OfferInt(k.Lookup("trace_flags"), 1)
	assert.Equal(t, "0000000000000000000462d53c8abac0 span=000000000000002a flags=01 format=datadog", describe(f.Result()))
	var wrapped Finder
	wrapped.OfferInt(k.Lookup("dd.trace_id"), -1)
	assert.Equal(t, "0000000000000000ffffffffffffffff format=datadog", describe(wrapped.Result()))
	var zero Finder
	zero.OfferInt(k.Lookup("trace_id"), 0)
	_, reason := zero.Result()
	assert.Equal(t, traceid.InvalidZero, reason)
}

// TestScanBodyOfDeepJSON: nesting has no effect on the stack.
func TestScanBodyOfDeepJSON(t *testing.T) {
	k := NewKeys(nil)
	for _, open := range []string{`{"a":`, `{"labels":`, `{"scopes":[`, `[`, `{"labels":[{"a":[`} {
		_, reason := k.ScanBody(`{"x":` + strings.Repeat(open, 4000))
		assert.Equal(t, traceid.Absent, reason, open)
	}
}

// TestNoAllocations runs the whole corpus: no text makes the package allocate.
func TestNoAllocations(t *testing.T) {
	k := NewKeys(nil)
	for _, file := range []string{"corpus.txt", "lookalikes.txt"} {
		for _, c := range readCorpus(t, file) {
			assert.Zero(t, testing.AllocsPerRun(10, func() {
				sinkContext, sinkReason = c.result(k)
				for _, a := range c.attrs {
					sinkContext, sinkReason = k.Lookup(a[0]).hint.Parse(a[1])
				}
			}), c.name)
		}
	}
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package logtrace

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor/internal/traceid"
)

func TestLookupIgnoresCaseAndSeparators(t *testing.T) {
	k := NewKeys(nil)
	want := k.Lookup("trace_id")
	require.Equal(t, RoleTraceID, want.Kind)
	for _, key := range []string{"traceId", "traceID", "TraceId", "TraceID", "TRACE_ID", "trace-id", "trace.id", "traceid", "Trace-Id", "trace/id", "_trace_id", ".trace.id"} {
		assert.Equal(t, want, k.Lookup(key), key)
	}
	for _, key := range []string{"", "_", "trace", "trace_i", "trace_ids", "race_id", "xtrace_id", "trace id", "trace:id", "tråce_id", strings.Repeat("trace_id", 9), strings.Repeat("_", 60) + "traceid"} {
		assert.NotEqual(t, want, k.Lookup(key), key)
	}
}

// TestLookupKnowsEveryBuiltin: each key in the list is found as written, in small letters and in
// capitals, with the role of the list.
func TestLookupKnowsEveryBuiltin(t *testing.T) {
	k := NewKeys(nil)
	for i, b := range builtins {
		want := Role{Kind: b.kind, Rank: firstBuiltinRank + uint16(i), hint: b.hint}
		assert.Equal(t, want, k.Lookup(b.name), b.name)
		assert.Equal(t, want, k.Lookup(strings.ToLower(b.name)), b.name)
		assert.Equal(t, want, k.Lookup(strings.ToUpper(b.name)), b.name)
		assert.Equal(t, want, k.Lookup(strings.ReplaceAll(b.name, "_", ".")), b.name)
	}
}

// TestLookupAgreesWithAMap checks the filter and the table against the plain definition.
func TestLookupAgreesWithAMap(t *testing.T) {
	k := NewKeys([]string{"myTrace", "x"})
	known := map[string]bool{}
	for _, name := range k.dict.Names() {
		known[name] = true
	}
	letters := []string{"trace", "span", "id", "ID", "Id", "_", ".", "-", "dd", "otel", "my", "x", "flags", "tid", "b3", "@", "mdc"}
	rapid.Check(t, func(t *rapid.T) {
		key := strings.Join(rapid.SliceOfN(rapid.SampledFrom(letters), 1, 4).Draw(t, "key"), "")
		folded := strings.NewReplacer("_", "", ".", "", "-", "").Replace(strings.ToLower(key))
		if k.Lookup(key).Kind != RoleNone {
			assert.True(t, known[folded], key)
		}
		if known[folded] && !strings.ContainsAny(key, "_.-") {
			assert.NotEqual(t, RoleNone, k.Lookup(key).Kind, key)
		}
	})
}

// TestUserKeys: the user's keys come first in their order, may be anything, and may move a built-in
// key to the front.
func TestUserKeys(t *testing.T) {
	k := NewKeys([]string{"x-request-id", "app.ctx.trace", "dd.trace_id", "dd.my_trace", "http.request.header.uber-trace-id", ""})
	first, second, third := k.Lookup("X_Request_ID"), k.Lookup("app.ctx.trace"), k.Lookup("dd.trace_id")
	assert.Equal(t, RoleTraceID, first.Kind)
	assert.Less(t, first.Rank, second.Rank)
	assert.Less(t, second.Rank, third.Rank)
	assert.Less(t, third.Rank, k.Lookup("trace_id").Rank)
	assert.Equal(t, traceid.HintDatadog, third.hint)
	assert.Equal(t, traceid.HintDatadog, k.Lookup("dd.my_trace").hint)
	assert.Equal(t, traceid.HintUber, k.Lookup("http.request.header.uber-trace-id").hint)

	c, reason := k.ScanBody(`{"trace_id":"11111111111111111111111111111111","x-request-id":"de5980b8-fce3-4a37-aab9-b4ac3af7eedd"}`)
	assert.Equal(t, traceid.Found, reason)
	assert.Equal(t, "de5980b8fce34a37aab9b4ac3af7eedd", hexOf(c.TraceID))
	c, reason = k.ScanBody(`{"app":{"ctx":{"trace":"de5980b8fce34a37aab9b4ac3af7eedd"}}}`)
	assert.Equal(t, traceid.Found, reason)
	assert.Equal(t, "de5980b8fce34a37aab9b4ac3af7eedd", hexOf(c.TraceID))

	_, reason = NewKeys(nil).ScanBody(`{"app":{"ctx":{"trace":"de5980b8fce34a37aab9b4ac3af7eedd"}}}`)
	assert.Equal(t, traceid.Absent, reason)
}

// TestUserKeyInContainer: a path through a container is known by the whole path and by its end.
func TestUserKeyInContainer(t *testing.T) {
	k := NewKeys([]string{"log.job.uid"})
	for _, body := range []string{
		`{"log":{"job":{"uid":"de5980b8fce34a37aab9b4ac3af7eedd"}}}`,
		`{"log":{"trace_id":"de5980b8fce34a37aab9b4ac3af7eedd"}}`,
		`{"log":{"mdc":{"trace":{"id":"de5980b8fce34a37aab9b4ac3af7eedd"}}}}`,
	} {
		_, reason := k.ScanBody(body)
		assert.Equal(t, traceid.Found, reason, body)
	}
	_, reason := k.ScanBody(`{"job":{"uid":"de5980b8fce34a37aab9b4ac3af7eedd"}}`)
	assert.Equal(t, traceid.Absent, reason)
}

func TestManyUserKeys(t *testing.T) {
	var extra []string
	for i := range 2 * firstBuiltinRank {
		extra = append(extra, "key"+strings.Repeat("x", i%40)+string(rune('a'+i%26)))
	}
	k := NewKeys(extra)
	for _, key := range extra {
		r := k.Lookup(key)
		assert.Equal(t, RoleTraceID, r.Kind)
		assert.Less(t, r.Rank, uint16(firstBuiltinRank))
	}
}

// TestEnter walks objects as a caller with a parsed map would.
func TestEnter(t *testing.T) {
	k := NewKeys(nil)
	path := func(keys ...string) Kind {
		var s Scope
		for _, key := range keys[:len(keys)-1] {
			var ok bool
			if s, ok = k.Enter(s, key); !ok {
				return RoleNone
			}
		}
		return k.LookupIn(s, keys[len(keys)-1]).Kind
	}
	for _, keys := range [][]string{
		{"trace_id"},
		{"trace", "id"},
		{"Trace", "Id"},
		{"dd", "trace_id"},
		{"mdc", "traceId"},
		{"contexts", "trace", "trace_id"},
		{"req", "headers", "x-b3-traceid"},
		{"http", "request", "headers", "X-B3-TraceId"},
		{"http", "request", "header", "x-b3-traceid"},
		{"fields", "context", "dd", "trace_id"},
		{"labels", "labels", "labels", "labels", "trace_id"},
	} {
		assert.Equal(t, RoleTraceID, path(keys...), keys)
	}
	assert.Equal(t, RoleSpanID, path("span", "id"))
	assert.Equal(t, RoleContext, path("headers", "traceparent"))
	for _, keys := range [][]string{
		{"id"},
		{"links", "trace_id"},
		{"dd", "id"},
		{"dd", "mdc", "trace_id"},
		{"response", "headers", "traceparent"},
		{"trace", "links", "trace_id"},
		{"", "trace_id"},
		{"http", "response", "header", "traceparent"},
	} {
		assert.Equal(t, RoleNone, path(keys...), keys)
	}
}

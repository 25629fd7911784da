// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package otlpwire_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/protobuf/encoding/protowire"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor/internal/otlpwire"
)

// split walks a message and puts it together again.
func split(msg []byte) (out []byte, records int, err error) {
	type resource struct {
		around string
		scopes []otlpwire.Scope
	}
	var all []resource
	err = otlpwire.Walk(msg, func(around []byte) {
		all = append(all, resource{around: string(around)})
	}, func(around []byte) {
		r := &all[len(all)-1]
		r.scopes = append(r.scopes, otlpwire.Scope{Around: string(around)})
	}, func(rec []byte) {
		scopes := all[len(all)-1].scopes
		s := &scopes[len(scopes)-1]
		s.Records = append(s.Records, rec)
		records++
	})
	for _, r := range all {
		out = otlpwire.AppendResource(out, r.around, r.scopes)
	}
	return out, records, err
}

// traces draws traces, which split and rejoined come out as they were.
func traces(t *rapid.T) ptrace.Traces {
	td := ptrace.NewTraces()
	for range rapid.IntRange(0, 4).Draw(t, "resources") {
		rs := td.ResourceSpans().AppendEmpty()
		rs.SetSchemaUrl(rapid.String().Draw(t, "resource schema"))
		rs.Resource().Attributes().PutStr("service.name", rapid.String().Draw(t, "service"))
		for range rapid.IntRange(0, 3).Draw(t, "scopes") {
			ss := rs.ScopeSpans().AppendEmpty()
			ss.SetSchemaUrl(rapid.String().Draw(t, "scope schema"))
			ss.Scope().SetName(rapid.String().Draw(t, "scope"))
			for range rapid.IntRange(0, 4).Draw(t, "spans") {
				s := ss.Spans().AppendEmpty()
				s.SetName(rapid.String().Draw(t, "name"))
				s.Attributes().PutInt("n", rapid.Int64().Draw(t, "n"))
			}
		}
	}
	return td
}

func TestSplitAndJoinIsIdentity(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		td := traces(t)
		msg, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
		require.NoError(t, err)
		joined, records, err := split(msg)
		require.NoError(t, err)
		require.Equal(t, td.SpanCount(), records)
		got, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(joined)
		require.NoError(t, err)
		require.Equal(t, td, got)
	})
}

func TestLogsHaveTheSameLayout(t *testing.T) {
	ld := plog.NewLogs()
	rl := ld.ResourceLogs().AppendEmpty()
	rl.SetSchemaUrl("r")
	rl.Resource().Attributes().PutStr("service.name", "cart")
	sl := rl.ScopeLogs().AppendEmpty()
	sl.SetSchemaUrl("s")
	sl.Scope().SetVersion("1")
	sl.LogRecords().AppendEmpty().Body().SetStr("one")
	sl.LogRecords().AppendEmpty().Body().SetStr("two")
	msg, err := (&plog.ProtoMarshaler{}).MarshalLogs(ld)
	require.NoError(t, err)
	joined, records, err := split(msg)
	require.NoError(t, err)
	require.Equal(t, 2, records)
	got, err := (&plog.ProtoUnmarshaler{}).UnmarshalLogs(joined)
	require.NoError(t, err)
	require.Equal(t, ld, got)
}

// A later version of the protocol may have fields we know nothing of, in any order.
func TestUnknownFieldsSurvive(t *testing.T) {
	unknown := protowire.AppendVarint(protowire.AppendTag(nil, 77, protowire.VarintType), 5)
	record := []byte("record")
	scope := bytes.Clone(unknown)
	scope = protowire.AppendBytes(protowire.AppendTag(scope, 2, protowire.BytesType), record)
	resource := protowire.AppendBytes(protowire.AppendTag(nil, 2, protowire.BytesType), scope)
	resource = append(resource, unknown...)
	msg := protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), resource)
	joined, records, err := split(msg)
	require.NoError(t, err)
	require.Equal(t, 1, records)
	require.Equal(t, 2, bytes.Count(joined, unknown))
	require.Contains(t, string(joined), "record")
}

// Whatever the bytes, the walker neither panics nor reports records that lie
// outside of them, and what it accepts it can put together again.
func FuzzWalk(f *testing.F) {
	td := ptrace.NewTraces()
	rs := td.ResourceSpans().AppendEmpty()
	rs.SetSchemaUrl("r")
	rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty().SetName("span")
	msg, _ := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
	f.Add(msg)
	f.Add(msg[:len(msg)-1])
	f.Add([]byte{0x0a, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01})
	f.Add([]byte{0x0b, 0x0c})
	f.Fuzz(func(t *testing.T, msg []byte) {
		joined, records, err := split(msg)
		if err != nil {
			return
		}
		again, count, err := split(joined)
		require.NoError(t, err)
		require.Equal(t, records, count)
		require.Equal(t, joined, again)
	})
}

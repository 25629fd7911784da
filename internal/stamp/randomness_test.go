// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package stamp

import (
	"encoding/binary"
	"testing"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// spanRandomness is what a Randomizer makes of a span, and logRandomness of a
// log record.
func spanRandomness(d *Randomizer, s ptrace.Span) contrib.Randomness {
	random, _ := d.Span(s, sampling.SourceAuto)
	return random
}

func logRandomness(d *Randomizer, lr plog.LogRecord) contrib.Randomness {
	var v record.Log
	v.Begin(lr)
	for key, val := range lr.Attributes().All() {
		v.Read(key, val, nil)
	}
	random, _ := d.Log(lr, &v, sampling.SourceAuto)
	return random
}

// A threshold that contradicts the randomness is erased from what is kept, also where
// nothing was sampled before: something was. Nothing else changes.
func TestInconsistentThresholdsAreErased(t *testing.T) {
	for _, how := range []*Settings{keeping(t, 1), keeping(t, 1, unsampled), keeping(t, 1, dry)} {
		v, st := kept(byErrors), New(how)
		var spans, logs Randomizer
		for in, want := range map[string]string{
			"ot=th:c;xx:1,a=b":          "ot=xx:1,a=b",
			"ot=th:c":                   "",
			"ot=th:c;rv:c0000000000000": "ot=th:c;rv:c0000000000000",
			"ot=th:c;rv:bfffffffffffff": "ot=rv:bfffffffffffff",
			"ot=rv:00000000000001;th:0": "ot=rv:00000000000001;th:0",
		} {
			s := aSpan(1, state(in))
			spanRandomness(&spans, s)
			require.Equal(t, in, s.TraceState().AsRaw(), "it may still be dropped")
			st.Span(s, v)
			require.Equal(t, want, s.TraceState().AsRaw(), in)
		}
		require.Equal(t, 3, spans.Inconsistent)
		for trace, want := range map[int]string{2: "", 200: "c"} {
			lr := aLog(trace, logAttr(record.AttributeThreshold, "c"))
			logRandomness(&logs, lr)
			st.Log(lr, v)
			require.Equal(t, want, text(lr.Attributes(), record.AttributeThreshold))
		}
		require.Equal(t, 1, logs.Inconsistent)
		require.Empty(t, unwritten(st))
	}
}

// Ids that are not random have a hash for randomness, the same on both signals,
// written to the items where it decides.
func TestHashedRandomness(t *testing.T) {
	const n = 2000
	how, all := keeping(t, 10), keeping(t, 100, func(how *Settings) { how.Drops = false })
	st := New(how)
	var spans, logs Randomizer
	passed := 0
	for i := range uint64(n) {
		var id pcommon.TraceID
		binary.BigEndian.PutUint64(id[8:], i+1)
		s := aSpan(1, func(s ptrace.Span) { s.SetTraceID(id) })
		lr := aLog(1, func(lr plog.LogRecord) { lr.SetTraceID(id) })
		random := spanRandomness(&spans, s)
		require.Equal(t, random, logRandomness(&logs, lr))
		v := how.Policy.Decide(sampling.Finding{Match: byDefault}, sampling.Size{}, random)
		if !v.Keep {
			continue
		}
		passed++
		st.Span(s, v)
		st.Log(lr, v)
		require.Regexp(t, "^ot=rv:[0-9a-f]{14};th:e666$", s.TraceState().AsRaw())
		require.Equal(t, s.TraceState().AsRaw(), "ot=rv:"+text(lr.Attributes(), record.AttributeRandomness)+";th:"+text(lr.Attributes(), record.AttributeThreshold))

		certain := aSpan(1, func(s ptrace.Span) { s.SetTraceID(id) })
		st.Span(certain, kept(byErrors))
		require.Equal(t, "ot=rv:"+random.RValue(), certain.TraceState().AsRaw(), "a later stage must find the same")
		bare := aSpan(1, func(s ptrace.Span) { s.SetTraceID(id) })
		New(all).Span(bare, kept(byDefault))
		require.Empty(t, bare.TraceState().AsRaw(), "nothing is dropped, so it says nothing")
		others := aSpan(1, func(s ptrace.Span) { s.SetTraceID(id) }, state("a=b"))
		New(all).Span(others, kept(byDefault))
		require.Equal(t, "a=b", others.TraceState().AsRaw(), "also where others do")
	}
	require.InDelta(t, n/10, passed, 4*13.4, "binomial, four standard errors")
	for _, d := range []*Randomizer{&spans, &logs} {
		require.Zero(t, d.Inconsistent)
		for source, items := range d.Sources {
			require.Equal(t, map[string]int{"hash": n}[source], items, source)
		}
	}
}

// An item's own randomness goes before that of its trace id.
func TestExplicitRandomness(t *testing.T) {
	const high = "ffffffffffffff"
	var d Randomizer
	random, own := d.Span(aSpan(1, state("ot=rv:"+high)), sampling.SourceAuto)
	require.True(t, own)
	require.Equal(t, high, random.RValue())
	lr := aLog(1, logAttr(record.AttributeRandomness, high))
	require.Equal(t, high, logRandomness(&d, lr).RValue())
	bad := aLog(1, logAttr(record.AttributeRandomness, "no hex digits"))
	require.Equal(t, sampling.IDRandomness(idNumbered(1)), logRandomness(&d, bad))
	_, own = d.Span(aSpan(1), sampling.SourceAuto)
	require.False(t, own)
	want := map[string]int{"explicit": 2, "trace_id": 2, "hash": 0}
	for source, items := range d.Sources {
		require.Equal(t, want[source], items, source)
	}
}

// With a threshold and no randomness on an item, the sampler before went by the
// id's own bits.
func TestSampledBeforeWithoutRandomness(t *testing.T) {
	how := keeping(t, 1, func(how *Settings) { how.Source = sampling.SourceHash })
	var d Randomizer
	s := aSpan(200, state("ot=th:8"))
	random, own := d.Span(s, sampling.SourceHash)
	require.True(t, own)
	require.Equal(t, sampling.IDRandomness(idNumbered(200)), random)
	require.True(t, how.Policy.Decide(sampling.Finding{Match: byDefault}, sampling.Size{}, random).Keep)
	require.Equal(t, "ot=th:8", s.TraceState().AsRaw())
	New(how).Span(s, kept(byDefault))
	require.Equal(t, "ot=th:fd70a", s.TraceState().AsRaw())
	require.Zero(t, d.Inconsistent)
}

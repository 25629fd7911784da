// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"encoding/binary"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
)

func state(text string) func(ptrace.Span) {
	return func(s ptrace.Span) { s.TraceState().FromRaw(text) }
}

func (p *pipelines) states() (out []string) {
	for _, s := range p.spans() {
		out = append(out, s.TraceState().AsRaw())
	}
	return out
}

// text is a record's attribute, or "" where it has none.
func text(lr plog.LogRecord, key string) string {
	if v, ok := lr.Attributes().Get(key); ok {
		return v.AsString()
	}
	return ""
}

// Spans of one trace may come with different thresholds: each is raised to the
// stage's own and none is lowered.
func TestThresholdsAreRaisedPerSpan(t *testing.T) {
	bubbled(t, onePercent, func(t *testing.T, p *pipelines) {
		p.send(
			spanOf(200, 1), spanOf(200, 2, state("a=b")), spanOf(200, 3, state("ot=th:8")),
			spanOf(200, 4, state("ot=th:fe;xx:1")), spanOf(200, 5, state("ot=rv:ffffffffffffff;th:c")),
			logOf(200, 1), logOf(200, 2, logAttr(record.AttributeThreshold, "8")), logOf(200, 3, logAttr(record.AttributeThreshold, "fe")))
		time.Sleep(11 * time.Second)
		require.Equal(t, []string{"ot=th:fd70a", "ot=th:fd70a,a=b", "ot=th:fd70a", "ot=th:fe;xx:1", "ot=rv:ffffffffffffff;th:fd70a"}, p.states())
		var logs []string
		for _, lr := range p.records() {
			logs = append(logs, text(lr, record.AttributeThreshold))
		}
		require.Equal(t, []string{"fd70a", "fd70a", "fe"}, logs)
	})
}

func TestEvidenceWeighsOne(t *testing.T) {
	for unmarked, want := range map[rules.UnmarkedMode]string{rules.UpstreamUnknown: "", rules.UpstreamUnsampled: "ot=th:0"} {
		bubbled(t, func(c *Config) { onePercent(c); c.Sampling.UpstreamUnmarked = unmarked }, func(t *testing.T, p *pipelines) {
			p.send(spanOf(1, 1, failed), spanOf(1, 2, state("ot=th:004")), logOf(1, 1), logOf(200, 1, failedLog))
			time.Sleep(11 * time.Second)
			require.Equal(t, []string{want, "ot=th:004"}, p.states(), "a threshold from before stays")
			for _, lr := range p.records() {
				require.Equal(t, map[bool]string{true: "0", false: ""}[unmarked == rules.UpstreamUnsampled], text(lr, record.AttributeThreshold))
			}
		})
	}
}

func TestInconsistentThresholdsAreErased(t *testing.T) {
	bubbled(t, onePercent, func(t *testing.T, p *pipelines) {
		p.send(
			spanOf(1, 1, failed, state("ot=th:c;xx:1,a=b")), spanOf(1, 2, state("ot=th:c")), spanOf(1, 3, state("ot=th:c;rv:c0000000000000")),
			logOf(2, 1, failedLog, logAttr(record.AttributeThreshold, "c")), logOf(200, 1, failedLog, logAttr(record.AttributeThreshold, "c")))
		time.Sleep(11 * time.Second)
		require.Equal(t, []string{"ot=xx:1,a=b", "", "ot=th:c;rv:c0000000000000"}, p.states())
		require.EqualValues(t, 2, p.sum("thresholds_inconsistent", attribute.String("signal", "traces")))
		require.EqualValues(t, 1, p.sum("thresholds_inconsistent", attribute.String("signal", "logs")))
		require.Empty(t, text(p.records()[0], record.AttributeThreshold))
		require.Equal(t, "c", text(p.records()[1], record.AttributeThreshold))
	})
}

// Explicit randomness decides, on whichever signal it comes.
func TestExplicitRandomnessDecidesOnBothSignals(t *testing.T) {
	const high, lowest = "ffffffffffffff", "00000000000000"
	bubbled(t, onePercent, func(t *testing.T, p *pipelines) {
		p.send(
			spanOf(1, 1), logOf(1, 1, logAttr(record.AttributeRandomness, high)),
			spanOf(2, 1, state("ot=rv:"+high)), logOf(2, 1),
			spanOf(200, 1), logOf(200, 1, logAttr(record.AttributeRandomness, lowest)),
			spanOf(201, 1, state("ot=rv:"+lowest)), logOf(201, 1),
			logOf(202, 1, logAttr(record.AttributeRandomness, "no hex digits")))
		time.Sleep(11 * time.Second)
		kept := map[pcommon.TraceID]int{}
		for _, s := range p.spans() {
			kept[s.TraceID()]++
		}
		for _, lr := range p.records() {
			kept[lr.TraceID()]++
		}
		require.Equal(t, map[pcommon.TraceID]int{traceNumbered(1): 2, traceNumbered(2): 2, traceNumbered(202): 1}, kept)
		require.EqualValues(t, 4, p.sum("randomness", attribute.String("source", "explicit")))
		require.EqualValues(t, 5, p.sum("randomness", attribute.String("source", "trace_id")))
	})
}

// Ids that are not random have a hash for randomness, the same on both signals,
// written to what is kept.
func TestHashedRandomness(t *testing.T) {
	counted := func(n int) (id pcommon.TraceID) {
		binary.BigEndian.PutUint64(id[8:], uint64(n)+1)
		return id
	}
	const n = 2000
	bubbled(t, func(c *Config) { c.Sampling.SamplingPercentage = 10 }, func(t *testing.T, p *pipelines) {
		for i := range n {
			p.send(spanOf(1, i, func(s ptrace.Span) { s.SetTraceID(counted(i)) }), logOf(1, i, func(lr plog.LogRecord) { lr.SetTraceID(counted(i)) }))
		}
		time.Sleep(11 * time.Second)
		require.InDelta(t, n/10, len(p.spans()), 4*13.4, "binomial, four standard errors")
		require.Len(t, p.records(), len(p.spans()))
		written := map[pcommon.TraceID]string{}
		for _, s := range p.spans() {
			require.Regexp(t, "^ot=rv:[0-9a-f]{14};th:e666$", s.TraceState().AsRaw())
			written[s.TraceID()] = s.TraceState().AsRaw()
		}
		for _, lr := range p.records() {
			require.Equal(t, written[lr.TraceID()], "ot=rv:"+text(lr, record.AttributeRandomness)+";th:"+text(lr, record.AttributeThreshold))
		}
		require.EqualValues(t, 2*n, p.sum("randomness", attribute.String("source", "hash")))
		require.Zero(t, p.sum("thresholds_inconsistent"))
	})
}

// Who sampled and noted a threshold but no randomness went by the id's own bits.
func TestSampledBeforeWithoutRandomness(t *testing.T) {
	bubbled(t, func(c *Config) { onePercent(c); c.Sampling.Randomness = rules.RandomnessHash }, func(t *testing.T, p *pipelines) {
		p.send(spanOf(200, 1, state("ot=th:8")), logOf(200, 1))
		time.Sleep(11 * time.Second)
		require.Equal(t, []string{"ot=th:fd70a"}, p.states())
		require.Len(t, p.records(), 1)
		require.Zero(t, p.sum("thresholds_inconsistent"))
	})
}

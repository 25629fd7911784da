// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

func state(text string) func(ptrace.Span) {
	return func(s ptrace.Span) { s.TraceState().FromRaw(text) }
}

// text is a record's attribute, or "" where it has none.
func text(lr plog.LogRecord, key string) string {
	if v, ok := lr.Attributes().Get(key); ok {
		return v.AsString()
	}
	return ""
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
		p.send(logOf(2, 2), logOf(201, 2))
		require.Len(t, p.records(), 4, "late logs know the randomness only from the remembered verdict")
	})
}

// What cannot be noted is counted, in the same call and after the wait.
func TestThresholdsThatCannotBeNotedAreCounted(t *testing.T) {
	for name, change := range map[string]func(*Config){
		"waiting": onePercent, "at once": func(c *Config) { onePercent(c); c.Sampling.Errors = false },
	} {
		t.Run(name, func(t *testing.T) {
			bubbled(t, change, func(t *testing.T, p *pipelines) {
				p.send(
					spanOf(200, 1, state("no tracestate")), spanOf(201, 1, state("ot=th:8;")), logOf(201, 1), spanOf(1, 1, failed, state("none")),
					spanOf(202, 1, state("ot=rv:ffffffffffffff")), spanOf(202, 2, state("ot=rv:00000000000001")))
				time.Sleep(11 * time.Second)
				for reason, want := range map[string]int64{"invalid_tracestate": 1, "invalid_ot": 1, "full_ot": 0, "below_threshold": 1} {
					require.Equal(t, want, p.sum("thresholds_unwritten", attribute.String("signal", "traces"), attribute.String("reason", reason)), reason)
				}
				for _, s := range p.spans() {
					v, ok := s.Attributes().Get(record.AttributeThreshold)
					want := s.TraceID() == traceNumbered(200) || s.TraceID() == traceNumbered(201)
					require.Equal(t, want, ok)
					require.True(t, !ok || v.Str() == "fd70a")
				}
			})
		})
	}
}

// Whatever randomness each item of a trace brings along, all of them share the verdict,
// and none leaves with a threshold above its own.
func TestNoThresholdIsAboveItsRandomness(t *testing.T) {
	values := []string{"", "", "00000000000001", "fe000000000000", "ffffffffffffff"}
	rapid.Check(t, func(rt *rapid.T) {
		type sent struct {
			rv   string
			log  bool
			late bool
		}
		items := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) sent {
			return sent{rapid.SampledFrom(values).Draw(t, "rv"), rapid.Bool().Draw(t, "log"), rapid.IntRange(0, 9).Draw(t, "late") == 0}
		}), 1, 8).Draw(rt, "items")
		trace := rapid.SampledFrom([]int{1, 200}).Draw(rt, "trace")
		bubbled(t, onePercent, func(t *testing.T, p *pipelines) {
			for _, late := range []bool{false, true} {
				for n, it := range items {
					switch {
					case it.late != late:
					case it.log && it.rv != "":
						p.send(logOf(trace, n, logAttr(record.AttributeRandomness, it.rv)))
					case it.log:
						p.send(logOf(trace, n))
					case it.rv != "":
						p.send(spanOf(trace, n, state("ot=rv:"+it.rv)))
					default:
						p.send(spanOf(trace, n))
					}
				}
				time.Sleep(11 * time.Second)
			}
			var states []sampling.State
			for _, s := range p.spans() {
				states = append(states, sampling.ReadState(s.TraceState().AsRaw()))
			}
			for _, lr := range p.records() {
				states = append(states, record.ReadSampling(lr.Attributes()))
			}
			require.Contains(t, []int{0, len(items)}, len(states), "one verdict")
			for _, s := range states {
				own := sampling.IDRandomness(traceNumbered(trace))
				if s.Explicit {
					own = s.Randomness
				}
				require.True(t, s.Consistent(own))
			}
		})
	})
}

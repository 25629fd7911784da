// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
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
	})
}

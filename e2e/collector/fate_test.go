// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-correlation/correlationprocessor/e2e/harness"
)

// maxReported bounds what one failing comparison prints.
const maxReported = 10

// traceSet says something of traces by their ids.
type traceSet = map[pcommon.TraceID]bool

// count says how many items of a signal there are.
func count(items []harness.Item, signal harness.Signal) int {
	n := 0
	for _, item := range items {
		if item.Signal == signal {
			n++
		}
	}
	return n
}

// arrivals is what came to the sink, by signal and key.
func arrivals(sink *harness.Sink) map[harness.Signal]map[int64]harness.Arrival {
	return map[harness.Signal]map[int64]harness.Arrival{
		harness.Spans: sink.Arrived(harness.Spans),
		harness.Logs:  sink.Arrived(harness.Logs),
	}
}

// requireFates holds the sink to the verdicts: each item of a kept trace came
// exactly once and with its trace's id, no item of another trace came, and
// nothing came that was not sent.
func requireFates(t *testing.T, sink *harness.Sink, items []harness.Item, kept traceSet) {
	t.Helper()
	came := arrivals(sink)
	wrong := 0
	for _, item := range items {
		arrival := came[item.Signal][item.Key]
		delete(came[item.Signal], item.Key)
		if want := boolToInt(kept[item.Trace]); arrival.Count != want {
			wrong++
			report(t, wrong, "%v %d of trace %v (fault %d) came %d times, not %d",
				item.Signal, item.Key, item.Trace, item.Fault, arrival.Count, want)
		} else if want == 1 && arrival.Trace != item.Trace {
			wrong++
			report(t, wrong, "%v %d came with trace id %v, not %v", item.Signal, item.Key, arrival.Trace, item.Trace)
		}
	}
	require.Zero(t, wrong, "of %d items, so many met another fate than their trace's verdict", len(items))
	require.Empty(t, came[harness.Spans], "spans that nobody sent")
	require.Empty(t, came[harness.Logs], "logs that nobody sent")
}

func report(t *testing.T, n int, format string, args ...any) {
	t.Helper()
	if n <= maxReported {
		assert.Failf(t, "wrong fate", format, args...)
	}
}

func boolToInt(b bool) int {
	if b {
		return 1
	}
	return 0
}

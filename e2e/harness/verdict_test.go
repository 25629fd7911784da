// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

// The expectations rest on this arithmetic, so it is checked against the
// examples that OTEP 235 and the tracestate specification give.
func TestThresholds(t *testing.T) {
	for percentage, want := range map[float64]uint64{
		100: 0,
		50:  0x80000000000000,
		25:  0xc0000000000000,
		1:   0xfd70a3d70a3d71,
	} {
		require.Equal(t, want, Threshold(percentage), "%v %%", percentage)
	}
	for traceState, want := range map[string]uint64{
		"ot=th:0":               0,
		"ot=th:8":               0x80000000000000,
		"a=b, ot=rv:1;th:fd70a": 0xfd70a000000000,
		"ot=th:fd70a3d70a3d71":  0xfd70a3d70a3d71,
	} {
		got, err := ParseThreshold(traceState)
		require.NoError(t, err, traceState)
		require.Equal(t, want, got, traceState)
	}
	for _, traceState := range []string{"", "ot=rv:8", "other=th:8"} {
		_, err := ParseThreshold(traceState)
		require.ErrorIs(t, err, ErrNoThreshold, traceState)
	}
	for _, digits := range []string{"", "x", "123456789012345"} {
		_, err := ParseTValue(digits)
		require.Error(t, err, digits)
	}
}

func TestRandomnessIsTheLow56Bits(t *testing.T) {
	trace := pcommon.TraceID{0xff, 8: 0xff, 9: 0x01, 15: 0x02}
	require.Equal(t, uint64(0x01000000000002), Randomness(trace))
}

// A trace is kept for its randomness or for evidence in either signal, and a
// decoy is no evidence.
func TestKept(t *testing.T) {
	low, lucky, failed := pcommon.TraceID{1}, pcommon.TraceID{2, 9: 0xff}, pcommon.TraceID{3}
	kept := Kept([]Item{
		{Trace: low, Fault: ClientError},
		{Trace: lucky},
		{Trace: failed},
		{Trace: failed, Signal: Logs, Fault: SeverityTextError},
	}, 1)
	require.Equal(t, map[pcommon.TraceID]bool{low: false, lucky: true, failed: true}, kept)
}

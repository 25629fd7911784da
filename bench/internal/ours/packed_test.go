// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package ours

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/bench/peers/pipeline"
	"github.com/otelcol-correlation/correlationprocessor/bench/peers/run"
	"github.com/otelcol-correlation/correlationprocessor/bench/peers/workload"
)

// TestHeldRunThatIsNotPacked: a row of the table must not say more than what was
// measured, neither with too much room nor with too little.
func TestHeldRunThatIsNotPacked(t *testing.T) {
	spec := workload.Default()
	spec.Traces = 3000
	w, err := workload.New(spec)
	require.NoError(t, err)
	for room, fault := range map[float64]string{8e9: "is packed", 2e6: "for lack of room"} {
		r := &run.Run{Peer: packed, Signals: "both", Held: 1}
		d := &run.Driver{Load: w, Producers: 1, Rounds: 1}
		require.NoError(t, pipeline.Setenv(time.Hour, run.MaxTraces, room))
		d.Peer, err = Program.Build(t.Context(), r)
		require.NoError(t, err)
		require.NoError(t, d.Run(t.Context()))
		require.ErrorContains(t, checkPacked(t.Context(), r, d), fault)
		r.Peer = "ours_tail"
		require.NoError(t, checkPacked(t.Context(), r, d), "it need not be packed")
		require.NoError(t, d.Peer.Shutdown(t.Context()))
	}
}

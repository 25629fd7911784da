// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package component

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/bench/internal/peers"
	"github.com/otelcol-correlation/correlationprocessor/bench/internal/workload"
)

// TestHeldRunThatIsNotPacked: a row of the table must not say more than what was
// measured, neither with too much room nor with too little.
func TestHeldRunThatIsNotPacked(t *testing.T) {
	spec := workload.Default()
	spec.Traces = 3000
	w, err := workload.New(spec)
	require.NoError(t, err)
	for room, fault := range map[float64]string{8e9: "is packed", 2e6: "for lack of room"} {
		r := Run{Peer: peers.Packed, Signals: "both", Held: 1}
		d := &driver{load: w, producers: 1, rounds: 1}
		require.NoError(t, setenv(time.Hour, maxTraces, room))
		d.peer, err = r.build(t.Context())
		require.NoError(t, err)
		require.NoError(t, d.run(t.Context()))
		require.ErrorContains(t, r.checkPacked(t.Context(), d), fault)
		require.NoError(t, d.peer.Shutdown(t.Context()))
	}
	assert.True(t, (&Run{Peer: peers.Packed, Held: 1}).packs())
}

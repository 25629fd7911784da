// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-correlation/correlationprocessor/e2e/harness"
)

const (
	// quietSpell is how long the tier runs with no change, before, between and
	// after the changes.
	quietSpell = 8 * time.Second
	// flight is longer than an item takes from its sender to a gateway, on a
	// machine that is busy: what was sent that long before a change is through.
	flight = 3 * time.Second
)

// The published agents and gateways share a load over Kafka. In the middle of it
// one gateway joins, one restarts and one goes. Nothing that an agent acknowledged
// is lost, and every trace is decided by one gateway, but for traces that were
// under way at a change; those are counted.
func TestGatewaysShareTheLoadOverKafka(t *testing.T) {
	tier := startTier(t, 2, 3)
	load := newStream(3, 60_000)
	finish := pour(t, load, tier)

	time.Sleep(quietSpell)
	changes := []window{tier.change(t, func() { tier.addGateway(t, gatewayName(3)) })}
	time.Sleep(quietSpell)
	readers := tier.assignments()
	changes = append(changes, tier.change(t, func() { tier.restartGateway(t, gatewayName(2)) }))
	assert.Equal(t, readers, tier.assignments(), "partitions moved because a gateway restarted")
	time.Sleep(quietSpell)
	changes = append(changes, tier.change(t, func() { tier.removeGateway(t, gatewayName(1)) }))
	time.Sleep(quietSpell)

	finish()
	tier.drain(t, load)
	tier.stop(t)
	requireTogether(t, trails(load, tier.gateways), changes)
	requireNothingElse(t, load, tier)
}

// pour sends a load through the agents until the function it returns is called.
func pour(t *testing.T, load *stream, tier *tier) func() {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	senders := make([]*harness.Sender, len(tier.agents))
	for i, agent := range tier.agents {
		senders[i] = agent.sender
	}
	ended := make(chan error, 1)
	go func() { ended <- load.run(ctx, senders) }()
	return func() {
		t.Helper()
		cancel()
		require.NoError(t, <-ended)
	}
}

// requireTogether holds every trace to the promise, and prints what became of
// those that were under way at a change.
func requireTogether(t *testing.T, traces map[pcommon.TraceID]*trail, changes []window) {
	t.Helper()
	calm, changing := sums{}, sums{}
	for id, trace := range traces {
		if trace.near(changes) {
			changing.add(id, trace)
		} else {
			calm.add(id, trace)
		}
	}
	t.Logf("sent far from a change: %v", calm)
	t.Logf("sent near a change:     %v", changing)

	require.Greater(t, calm.traces, len(traces)/4, "too few traces were sent far from a change")
	assert.Zero(t, calm.lost+changing.lost, "items were lost")
	assert.Zero(t, calm.strayed+changing.strayed, "items came out with another trace id")
	assert.Zero(t, calm.otherwise+changing.otherwise, "the trace id was not what decided on an ordinary trace")
	assert.Zero(t, calm.split, "traces were split with no change near")
	assert.Zero(t, calm.repeated, "items came out twice with no change near")
	assert.Zero(t, calm.forgotten, "traces with an error were not kept whole with no change near")
	assert.Less(t, changing.repeated, changing.items/10, "too much came out twice")
}

// requireNothingElse checks that nothing came out that was not sent.
func requireNothingElse(t *testing.T, load *stream, tier *tier) {
	t.Helper()
	signals := map[int64]harness.Signal{}
	for _, item := range load.sent {
		signals[item.Key] = item.Signal
	}
	for name, gateway := range tier.gateways {
		for signal, came := range arrivals(gateway.sink) {
			for key := range came {
				sent, ok := signals[key]
				require.True(t, ok && sent == signal, "%s let out %v %d, which nobody sent", name, signal, key)
			}
		}
	}
}

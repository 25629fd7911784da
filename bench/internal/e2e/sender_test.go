// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/otelcol-correlation/correlationprocessor/bench/peers/workload"
	"github.com/otelcol-correlation/correlationprocessor/testkit/otlp"
)

// full has no room for so many calls.
func full(calls *atomic.Int64) otlp.TakeTraces {
	return func(context.Context, ptrace.Traces) error {
		if calls.Add(-1) >= 0 {
			return status.Error(codes.Unavailable, "no room")
		}
		return nil
	}
}

func TestWhatIsRefusedForNowIsSentAgain(t *testing.T) {
	var refused atomic.Int64
	collector, err := otlp.Listen(otlp.Free, full(&refused), nil)
	require.NoError(t, err)
	defer collector.Close()
	conn, err := grpc.NewClient(collector.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer conn.Close()

	s := &sender{retries: true}
	refused.Store(2)
	require.NoError(t, s.send(t.Context(), conn, &workload.Batch{Items: 7}, nil))
	assert.Equal(t, []int64{2, 7}, []int64{s.retried.Load(), s.spans.Load()})

	s.retries = false
	refused.Store(1)
	require.Error(t, s.send(t.Context(), conn, &workload.Batch{Items: 7}, nil))
	assert.Equal(t, int64(7), s.spans.Load(), "what was refused is not acknowledged")
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"context"
	"net"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"

	"github.com/otelcol-correlation/correlationprocessor/bench/peers/workload"
)

// full has no room for the first calls.
type full struct {
	ptraceotlp.UnimplementedGRPCServer
	left atomic.Int64
}

func (f *full) Export(context.Context, ptraceotlp.ExportRequest) (ptraceotlp.ExportResponse, error) {
	if f.left.Add(-1) >= 0 {
		return ptraceotlp.NewExportResponse(), status.Error(codes.Unavailable, "no room")
	}
	return ptraceotlp.NewExportResponse(), nil
}

func TestWhatIsRefusedForNowIsSentAgain(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	server, collector := grpc.NewServer(), &full{}
	ptraceotlp.RegisterGRPCServer(server, collector)
	go func() { _ = server.Serve(l) }() // ends with Stop
	defer server.Stop()
	conn, err := grpc.NewClient(l.Addr().String(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	defer conn.Close()

	s := &sender{retries: true}
	collector.left.Store(2)
	require.NoError(t, s.send(t.Context(), conn, &workload.Batch{Items: 7}, nil))
	assert.Equal(t, []int64{2, 7}, []int64{s.retried.Load(), s.spans.Load()})

	s.retries = false
	collector.left.Store(1)
	require.Error(t, s.send(t.Context(), conn, &workload.Batch{Items: 7}, nil))
	assert.Equal(t, int64(7), s.spans.Load(), "what was refused is not acknowledged")
}

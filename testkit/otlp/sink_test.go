// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package otlp

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/encoding/gzip"
	"google.golang.org/grpc/status"
)

// What is sent arrives, and what the taker answers comes back.
func TestSink(t *testing.T) {
	spans := 0
	s, err := Listen(Free, func(_ context.Context, td ptrace.Traces) error {
		spans += td.SpanCount()
		return nil
	}, func(context.Context, plog.Logs) error {
		return status.Error(codes.Unavailable, "no room")
	})
	require.NoError(t, err)
	t.Cleanup(s.Close)
	conn, err := grpc.NewClient(s.Addr(), grpc.WithTransportCredentials(insecure.NewCredentials()))
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, conn.Close()) })

	td := ptrace.NewTraces()
	td.ResourceSpans().AppendEmpty().ScopeSpans().AppendEmpty().Spans().AppendEmpty()
	request := ptraceotlp.NewExportRequestFromTraces(td)
	_, err = ptraceotlp.NewGRPCClient(conn).Export(t.Context(), request, grpc.UseCompressor(gzip.Name))
	require.NoError(t, err)
	require.Equal(t, 1, spans)
	_, err = plogotlp.NewGRPCClient(conn).Export(t.Context(), plogotlp.NewExportRequest())
	require.Equal(t, codes.Unavailable, status.Code(err))

	_, err = Listen(s.Addr(), nil, nil)
	require.ErrorContains(t, err, "address already in use")
}

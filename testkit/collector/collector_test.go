// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package collector

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func endpoints(t *testing.T) Endpoints {
	t.Helper()
	e, err := NewEndpoints("127.0.0.1:1")
	require.NoError(t, err)
	return e
}

// start starts a shell as the collector; configs and arguments are its script.
func start(ctx context.Context, t *testing.T, e Endpoints, script string) (*Collector, error) {
	t.Helper()
	c, err := Start(ctx, Options{Binary: "/bin/sh", Args: []string{"-c", script}, Endpoints: e})
	if err == nil {
		t.Cleanup(c.Kill)
	}
	return c, err
}

func TestEndpointsDiffer(t *testing.T) {
	e := endpoints(t)
	seen := map[string]bool{e.GRPC: true, e.HTTP: true, e.Health: true, e.Metrics: true}
	require.Len(t, seen, 4)
	require.Contains(t, e.Env(), "OTLP_GRPC_ENDPOINT="+e.GRPC)
	require.True(t, strings.HasSuffix(e.MetricsURL(), "/metrics"))
}

// A collector is ready when its health endpoint says so, or, without one, when it
// listens.
func TestStartWaitsUntilReady(t *testing.T) {
	var asked atomic.Bool
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if !asked.Swap(true) {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	e := endpoints(t)
	e.Health = server.Listener.Addr().String()
	server.Start()
	defer server.Close()
	c, err := start(t.Context(), t, e, `trap 'exit 0' TERM; echo "$OTLP_GRPC_ENDPOINT"; while :; do sleep 0.05; done`)
	require.NoError(t, err)
	require.True(t, c.Ready(t.Context()))
	require.NoError(t, c.Stop(time.Minute))
	require.Contains(t, c.Output(), e.GRPC+"\n", "it got the endpoints")

	e.Health = ""
	listener, err := net.Listen("tcp", e.GRPC)
	require.NoError(t, err)
	defer func() { _ = listener.Close() }()
	_, err = start(t.Context(), t, e, "exec sleep 600")
	require.NoError(t, err)
}

func TestStartReportsWhyItFailed(t *testing.T) {
	_, err := start(t.Context(), t, endpoints(t), "echo a bad key; exit 7")
	require.ErrorContains(t, err, "the collector did not start")
	require.ErrorContains(t, err, "exit status 7")
	require.ErrorContains(t, err, "a bad key")

	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("somebody pressed a key")
	time.AfterFunc(50*time.Millisecond, func() { cancel(stop) })
	_, err = start(ctx, t, endpoints(t), "exec sleep 600")
	require.ErrorIs(t, err, stop)
}

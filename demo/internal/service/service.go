// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package service runs an HTTP service from its first connection to its last.
package service

import (
	"context"
	"errors"
	"net"
	"net/http"
	"time"
)

// drainTime is how long requests in flight may take after the stop.
const drainTime = 5 * time.Second

// Service is an HTTP service with work that may outlive its requests.
type Service interface {
	Handler() http.Handler
	// Drain waits for the work that requests have left behind.
	Drain()
}

// Serve answers on the listener until ctx ends, then finishes the requests in
// flight and what they left behind. It owns the listener.
func Serve(ctx context.Context, listener net.Listener, s Service) error {
	server := &http.Server{Handler: s.Handler(), ReadHeaderTimeout: drainTime}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	select {
	case err := <-failed:
		return err
	case <-ctx.Done():
	}
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
	defer cancel()
	err := server.Shutdown(limit)
	s.Drain()
	if served := <-failed; !errors.Is(served, http.ErrServerClosed) {
		err = errors.Join(err, served)
	}
	return err
}

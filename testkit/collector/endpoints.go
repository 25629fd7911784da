// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package collector

import (
	"errors"
	"fmt"
	"net"
)

// Endpoints are the addresses, each host:port, that one collector uses.
type Endpoints struct {
	GRPC    string
	HTTP    string
	Health  string // empty for a collector without a health endpoint
	Metrics string
	Backend string
}

// MetricsURL is where the collector's metrics page is.
func (e Endpoints) MetricsURL() string { return "http://" + e.Metrics + "/metrics" }

// NewEndpoints picks free loopback ports for a collector that exports to a
// backend.
func NewEndpoints(backend string) (Endpoints, error) {
	addresses, err := FreeAddresses(4)
	if err != nil {
		return Endpoints{}, err
	}
	return Endpoints{
		GRPC: addresses[0], HTTP: addresses[1], Health: addresses[2], Metrics: addresses[3],
		Backend: backend,
	}, nil
}

// FreeAddresses finds addresses on loopback. It holds all ports at once before it lets go of any, so that no two
// are the same.
func FreeAddresses(n int) ([]string, error) {
	listeners := make([]net.Listener, 0, n)
	addresses := make([]string, 0, n)
	var err error
	for len(listeners) < n && err == nil {
		var listener net.Listener
		if listener, err = net.Listen("tcp", "127.0.0.1:0"); err == nil {
			listeners = append(listeners, listener)
			addresses = append(addresses, listener.Addr().String())
		}
	}
	for _, listener := range listeners {
		err = errors.Join(err, listener.Close())
	}
	if err != nil {
		return nil, fmt.Errorf("find free ports: %w", err)
	}
	return addresses, nil
}

// Env is the endpoints under the names that the published examples read.
func (e Endpoints) Env() []string {
	host, port, err := net.SplitHostPort(e.Metrics)
	if err != nil {
		panic("collector: endpoints not made by NewEndpoints: " + err.Error())
	}
	return []string{
		"OTLP_GRPC_ENDPOINT=" + e.GRPC,
		"OTLP_HTTP_ENDPOINT=" + e.HTTP,
		"HEALTH_ENDPOINT=" + e.Health,
		"METRICS_HOST=" + host,
		"METRICS_PORT=" + port,
		"OTEL_BACKEND_ENDPOINT=" + e.Backend,
	}
}

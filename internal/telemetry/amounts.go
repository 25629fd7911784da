// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"strings"
	"sync"

	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// amount is how many items there were and what they weighed.
type amount struct {
	Items int
	Bytes int64
}

// Amounts are amounts of one batch by key, most of whose items have the key of
// the one before.
type Amounts[K comparable] struct {
	By   map[K]*amount
	key  K
	last *amount
}

func (a *Amounts[K]) Add(key K, bytes int64) {
	if a.last == nil || key != a.key {
		if a.By == nil {
			a.By = map[K]*amount{}
		}
		if a.By[key] == nil {
			a.By[key] = &amount{}
		}
		a.key, a.last = key, a.By[key]
	}
	a.last.Items++
	a.last.Bytes += bytes
}

// RouteKey is a route of a service.
type RouteKey struct {
	Service *Service
	Pattern string
}

// RouteCounter counts what comes in by route, before any of it is dropped. The
// first routes have series of their own, the others share one for each service.
type RouteCounter struct {
	Limit int // 0 counts nothing
	mu    sync.Mutex
	known map[RouteKey]bool
}

func NewRouteCounter(limit int) *RouteCounter {
	return &RouteCounter{Limit: limit, known: map[RouteKey]bool{}}
}

// otherRoutes stands for the routes past the limit.
const otherRoutes = "_other"

// name returns the route's name in telemetry. The pattern is borrowed.
func (c *RouteCounter) name(k RouteKey) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch {
	case c.known[k]:
	case len(c.known) >= c.Limit:
		return otherRoutes
	default:
		k.Pattern = strings.Clone(k.Pattern)
		c.known[k] = true
	}
	return k.Pattern
}

// Flush adds a batch's amounts to the instruments.
func (c *RouteCounter) Flush(tel *Instruments, sig tracebuffer.Signal, by *Amounts[RouteKey]) {
	for k, n := range by.By {
		attrs := k.Service.With(signalAttr(sig), attribute.String("route", c.name(k)))
		add(tel.ProcessorCorrelationRouteReceivedItems, n.Items, attrs...)
		add(tel.ProcessorCorrelationRouteReceivedBytes, int(n.Bytes), attrs...)
	}
}

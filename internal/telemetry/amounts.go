// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"strings"
	"sync"

	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// amount is a number of items and of their bytes.
type amount struct {
	Items int
	Bytes int64
}

// Amounts are amounts of one batch by key, most of whose items have the key of
// the one before.
type Amounts[K comparable] struct {
	By   map[K]*amount // nil while there are none
	key  K
	last *amount
}

// Add adds an item of so many bytes.
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
	Pattern string // borrowed
}

// RouteCounter counts the items that arrive by route, before any of them is dropped.
// The first routes have series of their own, the others share one for each service.
// It is safe for concurrent use.
type RouteCounter struct {
	Limit int // 0 counts nothing
	mu    sync.Mutex
	known map[RouteKey]bool
}

// NewRouteCounter returns a counter for at most limit routes, of all services
// together.
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

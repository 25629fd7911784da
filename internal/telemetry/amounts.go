// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-correlation/correlationprocessor/internal/route"
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

// Add adds an item of so many bytes and returns how many the key has now.
func (a *Amounts[K]) Add(key K, bytes int64) int {
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
	return a.last.Items
}

// RouteKey is a route of a service.
type RouteKey struct {
	Service *Service
	Pattern string // borrowed
}

// RouteCounter counts the items that arrive by route, before any of them is dropped.
// The first routes have series of their own, the others share one for each service.
// A route that nobody asks for any more gives up its place. It is safe for
// concurrent use.
type RouteCounter struct {
	Limit    int // 0 counts nothing
	maxBytes int64
	mu       sync.Mutex
	known    map[countedRoute]int // the generation it was last used in
	bytes    int64
	now      int // the generation
	rotated  time.Time
}

// countedRoute is a route as it is counted: its service's labels and its name.
type countedRoute struct{ service, route string }

// countedBytes is about what a route takes beside its name.
const countedBytes = 96

func (r countedRoute) size() int64 { return countedBytes + int64(len(r.route)) }

// NewRouteCounter returns a counter for at most limit routes, of all services
// together, that take at most maxBytes.
func NewRouteCounter(limit int, maxBytes int64) *RouteCounter {
	return &RouteCounter{Limit: limit, maxBytes: maxBytes, known: map[countedRoute]int{}}
}

// otherRoutes stands for the routes past the limit.
const otherRoutes = "_other"

// name returns the route's name in telemetry. The pattern is borrowed.
func (c *RouteCounter) name(k RouteKey) string {
	r := countedRoute{k.Service.key, Label(k.Pattern)}
	c.mu.Lock()
	defer c.mu.Unlock()
	if _, ok := c.known[r]; !ok {
		if len(c.known) >= c.Limit || c.bytes+r.size() > c.maxBytes {
			return otherRoutes
		}
		r.route = strings.Clone(r.route)
		c.bytes += r.size()
	}
	c.known[r] = c.now
	return r.route
}

// Tick lets time pass; see Services.Tick.
func (c *RouteCounter) Tick(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.rotated.IsZero() {
		c.rotated = now
	}
	if now.Sub(c.rotated) < route.Generation {
		return
	}
	c.rotated = now
	c.now++
	keep := lifetime
	if 2*len(c.known) > c.Limit || 2*c.bytes > c.maxBytes {
		keep = pressedLifetime
	}
	for r, used := range c.known {
		if c.now-used > keep {
			delete(c.known, r)
			c.bytes -= r.size()
		}
	}
}

// Bytes is about the memory that the routes take.
func (c *RouteCounter) Bytes() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes
}

// Flush adds a batch's amounts to the instruments.
func (c *RouteCounter) Flush(tel *Instruments, sig tracebuffer.Signal, by *Amounts[RouteKey]) {
	for k, n := range by.By {
		attrs := k.Service.With(signalAttr(sig), attribute.String("route", c.name(k)))
		add(tel.ProcessorCorrelationRouteReceivedItems, n.Items, attrs...)
		add(tel.ProcessorCorrelationRouteReceivedBytes, int(n.Bytes), attrs...)
	}
}

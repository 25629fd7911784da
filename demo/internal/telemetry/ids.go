// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"context"
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"sync"

	"go.opentelemetry.io/otel/trace"
)

// ids hands out trace and span ids from a seeded generator, so that a service
// uses the same sequence of ids in every run. The sequence is as random as
// OTEP-235 wants it: samplers downstream read its low 56 bits.
type ids struct {
	mu     sync.Mutex
	source *rand.ChaCha8
}

// newIDs mixes the service into the seed: two services that start traces of
// their own must not start the same ones.
func newIDs(service string, seed uint64) *ids {
	key := sha256.Sum256(fmt.Appendf(nil, "%s/%d", service, seed))
	return &ids{source: rand.NewChaCha8(key)}
}

func (g *ids) NewIDs(context.Context) (trace.TraceID, trace.SpanID) {
	g.mu.Lock()
	defer g.mu.Unlock()
	var id trace.TraceID
	for !id.IsValid() {
		_, _ = g.source.Read(id[:]) // never fails
	}
	return id, g.span()
}

func (g *ids) NewSpanID(context.Context, trace.TraceID) trace.SpanID {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.span()
}

func (g *ids) span() trace.SpanID {
	var id trace.SpanID
	for !id.IsValid() {
		_, _ = g.source.Read(id[:])
	}
	return id
}

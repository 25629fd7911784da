// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package stamp

import (
	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// randomSource is the place that the randomness of an item is from.
type randomSource uint8

const (
	fromTraceID randomSource = iota
	fromItem
	fromHash
	randomSources
)

// String returns the source's name in telemetry.
func (r randomSource) String() string {
	return [randomSources]string{"trace_id", "explicit", "hash"}[r]
}

// randomnessOf returns the randomness of an item with the id and the sampling state, and
// where it is from. With a threshold but no rv, the sampler before used the id, so its
// bits are as good as the item's own.
func randomnessOf(id [16]byte, from sampling.Source, st *sampling.State) (contrib.Randomness, randomSource) {
	if st.Explicit {
		return st.Randomness, fromItem
	}
	r, hashed := from.Of(id)
	switch {
	case hashed && st.Sampled:
		return sampling.IDRandomness(id), fromItem
	case hashed:
		return r, fromHash
	default:
		return r, fromTraceID
	}
}

// Randomizer finds the randomness of the items of one batch and counts where it is
// from; a [Stamper] writes what of it has to be written. The spans of a batch share
// few tracestates, so it remembers the last one. It is for one goroutine; the zero
// value is ready for use.
type Randomizer struct {
	raw     string
	state   sampling.State
	sources [randomSources]int
	// Inconsistent is how many items had a threshold that should have dropped
	// them. Those that are kept lose it.
	Inconsistent int
}

// Span returns the span's randomness, and whether that is the span's own.
func (d *Randomizer) Span(s ptrace.Span, from sampling.Source) (random contrib.Randomness, own bool) {
	if raw := s.TraceState().AsRaw(); raw != d.raw {
		d.raw, d.state = raw, sampling.ReadState(raw)
	}
	return d.draw(s.TraceID(), &d.state, from)
}

// Log does for log records what Span does for spans; the log was read before.
func (d *Randomizer) Log(lr plog.LogRecord, v *record.Log, from sampling.Source) (random contrib.Randomness, own bool) {
	st := v.Sampling()
	return d.draw(lr.TraceID(), &st, from)
}

func (d *Randomizer) draw(id [16]byte, st *sampling.State, from sampling.Source) (random contrib.Randomness, own bool) {
	random, source := randomnessOf(id, from, st)
	d.sources[source]++
	if !st.Consistent(random) {
		d.Inconsistent++
	}
	return random, source == fromItem
}

// Sources yields how many items had their randomness from each source.
func (d *Randomizer) Sources(yield func(source string, items int) bool) {
	for source, n := range d.sources {
		if !yield(randomSource(source).String(), n) {
			return
		}
	}
}

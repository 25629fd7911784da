// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"github.com/otelcol-correlation/correlationprocessor/internal/record"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// randomSource is where the randomness of an item was taken from.
type randomSource uint8

const (
	fromTraceID randomSource = iota
	fromItem
	fromHash
	randomSources
)

func (r randomSource) String() string {
	return [randomSources]string{"trace_id", "explicit", "hash"}[r]
}

// drawer finds the randomness of the items of one batch. The spans of a batch
// share few tracestates, so it remembers the last one.
type drawer struct {
	raw          string
	state        sampling.State
	sources      [randomSources]int
	inconsistent int
}

// of returns the randomness of an item with the id that says so much of
// sampling, and whether it is the item's own and not what anybody would take
// from the id. Who noted a threshold and no randomness went by the id's bits.
func (d *drawer) of(id [16]byte, from sampling.Source, st *sampling.State) (r contrib.Randomness, source randomSource) {
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

// span finds the span's randomness and puts right what it says of it.
func (d *drawer) span(s ptrace.Span, it *tracebuffer.Item, r *rules) {
	raw := s.TraceState().AsRaw()
	if raw != d.raw {
		d.raw, d.state = raw, sampling.ReadState(raw)
	}
	source := d.settle(it, r, &d.state)
	out := raw
	if source == fromHash && r.drops {
		out, _ = sampling.SetRandomness(out, it.Randomness)
	}
	if !d.state.Consistent(it.Randomness) {
		d.inconsistent++
		out, _ = sampling.EraseThreshold(out)
	}
	if out != raw {
		s.TraceState().FromRaw(out)
	}
}

// log does for log records what span does for spans.
func (d *drawer) log(lr plog.LogRecord, v *record.Log, it *tracebuffer.Item, r *rules) {
	st := v.Sampling()
	source := d.settle(it, r, &st)
	if source == fromHash && r.drops {
		lr.Attributes().PutStr(record.AttributeRandomness, it.Randomness.RValue())
	}
	if !st.Consistent(it.Randomness) {
		d.inconsistent++
		lr.Attributes().Remove(record.AttributeThreshold)
	}
}

func (d *drawer) settle(it *tracebuffer.Item, r *rules, st *sampling.State) randomSource {
	var source randomSource
	it.Randomness, source = d.of(it.ID, r.source, st)
	it.Explicit = source == fromItem
	d.sources[source]++
	return source
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"encoding/binary"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// AttributeHTTPRoute is the attribute in which a framework writes its route.
const AttributeHTTPRoute = "http.route"

// SpanKey identifies a span: by the whole id of its trace, as far as that is known, and
// by its own.
type SpanKey struct {
	trace pcommon.TraceID
	span  pcommon.SpanID
}

// Halves returns the halves of a trace id. The high one is 0 where a propagator that
// knows only 64 bits has cut it off.
func Halves(id pcommon.TraceID) (high, low uint64) {
	return binary.BigEndian.Uint64(id[:8]), binary.BigEndian.Uint64(id[8:])
}

// SameTrace reports whether two ids are those of one trace: they are equal, or one of
// them is the low half of the other.
func SameTrace(a, b pcommon.TraceID) bool {
	highA, lowA := Halves(a)
	highB, lowB := Halves(b)
	return lowA == lowB && (highA == highB || lowA != 0 && (highA == 0 || highB == 0))
}

// TraceIDs are the trace ids of some items, among which those that were cut find the
// whole ones. The zero value has none.
type TraceIDs struct {
	whole map[uint64]pcommon.TraceID // by the low half; nil if no id was cut
}

// TraceIDsOf returns those of the spans and logs. Where a cut id is the low half of
// several whole ones, it is taken for one of them.
func TraceIDsOf(td ptrace.Traces, ld plog.Logs) (t TraceIDs) {
	each := func(yield func(high, low uint64, id pcommon.TraceID)) {
		for _, s := range EachSpan(td) {
			high, low := Halves(s.TraceID())
			yield(high, low, s.TraceID())
		}
		for _, lr := range EachLog(ld) {
			high, low := Halves(lr.TraceID())
			yield(high, low, lr.TraceID())
		}
	}
	cut := false
	each(func(high, low uint64, _ pcommon.TraceID) { cut = cut || high == 0 && low != 0 })
	if cut {
		t.whole = map[uint64]pcommon.TraceID{}
		each(func(high, low uint64, id pcommon.TraceID) {
			if high != 0 {
				t.whole[low] = id
			}
		})
	}
	return t
}

// Of returns the whole id, or the id itself if no other is known.
func (t TraceIDs) Of(id pcommon.TraceID) pcommon.TraceID {
	if t.whole != nil {
		if high, low := Halves(id); high == 0 {
			if whole, ok := t.whole[low]; ok {
				return whole
			}
		}
	}
	return id
}

// SpanOf returns the key of the span with the ids.
func (t TraceIDs) SpanOf(trace pcommon.TraceID, span pcommon.SpanID) SpanKey {
	return SpanKey{t.Of(trace), span}
}

// ServiceName is the service.name of a resource, or "".
func ServiceName(res pcommon.Resource) string {
	if v, ok := res.Attributes().Get("service.name"); ok {
		return v.AsString()
	}
	return ""
}

// Log records have no tracestate. These attributes take its place, as in
// contrib's probabilistic_sampler.
const (
	AttributeThreshold  = "sampling.threshold"
	AttributeRandomness = "sampling.randomness"
)

// Sampling returns the sampling state in the record's attributes. A threshold or a
// randomness that does not parse counts as none.
func (v *Log) Sampling() (s sampling.State) {
	if v.randomness != "" {
		r, err := contrib.RValueToRandomness(v.randomness)
		s.Randomness, s.Explicit = r, err == nil
	}
	if v.threshold != "" {
		t, err := contrib.TValueToThreshold(v.threshold)
		s.Threshold, s.Sampled = t, err == nil
	}
	return s
}

// ReadSampling returns the sampling state in the attributes of an item.
func ReadSampling(attrs pcommon.Map) sampling.State {
	var v Log
	if val, ok := attrs.Get(AttributeRandomness); ok {
		v.randomness = val.AsString()
	}
	if val, ok := attrs.Get(AttributeThreshold); ok {
		v.threshold = val.AsString()
	}
	return v.Sampling()
}

// WriteSampling has the attributes say what the state says, and they said the state
// now. A randomness that is there is never changed.
func WriteSampling(attrs pcommon.Map, s, now sampling.State) {
	if s.Explicit && !now.Explicit {
		attrs.PutStr(AttributeRandomness, s.Randomness.RValue())
	}
	switch {
	case s.Sampled && (!now.Sampled || s.Threshold != now.Threshold):
		attrs.PutStr(AttributeThreshold, s.Threshold.TValue())
	case now.Sampled && !s.Sampled:
		attrs.Remove(AttributeThreshold)
	}
}

// Bits of a span's flags (opentelemetry-proto, SpanFlags): those that are W3C trace
// flags, the sampled flag among them, whether the place of the parent is known, and
// that the parent is remote.
const (
	TraceFlags       = 0xff
	FlagSampled      = 0x01
	FlagHasIsRemote  = 0x100
	FlagParentRemote = 0x200
)

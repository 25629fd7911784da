// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"encoding/binary"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// AttributeHTTPRoute is the attribute in which a framework writes its route.
const AttributeHTTPRoute = "http.route"

// SpanKey identifies a span: by the low half of its trace id, so that an id that
// was cut to 64 bits meets the whole one, and by its own id.
type SpanKey struct {
	trace uint64
	span  pcommon.SpanID
}

// KeyOf returns the key of the span with the ids.
func KeyOf(trace pcommon.TraceID, span pcommon.SpanID) SpanKey { return SpanKey{LowHalf(trace), span} }

// LowHalf is the low half of a trace id, on which whole and cut ids meet.
func LowHalf(id pcommon.TraceID) uint64 { return binary.BigEndian.Uint64(id[8:]) }

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

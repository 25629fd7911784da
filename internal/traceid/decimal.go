// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

import "math"

// decimalUint reads 1 to 20 decimal digits of a value below 2^64.
func decimalUint(s string) (v uint64, ok bool) {
	if len(s) == 0 || len(s) > 20 {
		return 0, false
	}
	for i := range len(s) {
		d := uint64(s[i] - '0')
		if d > 9 || v > (math.MaxUint64-d)/10 {
			return 0, false
		}
		v = v*10 + d
	}
	return v, true
}

// parseDatadog reads the low 64 bits in decimal, which is what Datadog's tracers log of a 64-bit id and
// what older ones log of every id, or in hex. Newer tracers log 128 bits in hex, which is no form of
// Datadog's own. The bits that are missing are left zero, as the Datadog receiver leaves them.
// Source: https://docs.datadoghq.com/tracing/guide/span_and_trace_id_format/
func parseDatadog(v string) (Context, bool) {
	low, ok := decimalUint(v)
	if !ok && len(v) == 16 {
		low, ok = hexUint(v)
	}
	return Context{TraceID: newID(0, low), Format: FormatDatadog}, ok
}

// parseDecimal reads a decimal id under a key that does not say whose it is. One with the top bit
// cannot be a Snowflake id, which is a positive int64, and so must be random; of the others nothing
// can be known, and the low bits of a Snowflake are a sequence.
func parseDecimal(v string) (Context, bool) {
	low, ok := decimalUint(v)
	c := Context{TraceID: newID(0, low), Format: FormatSnowflake, NonRandom: true}
	if low > math.MaxInt64 {
		c.Format, c.NonRandom = FormatDatadog, false
	}
	return c, ok
}

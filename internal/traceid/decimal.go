// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

import (
	"math"
	"math/bits"
)

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

// minWide is how many digits an id of 128 bits has at least in base 10: of 3,400 random ones one has fewer, and
// Datadog's, which begin with a time, have 39. Numbers of more than 64 bits with fewer digits are something else.
const minWide, maxWide = 36, 39

// wideDecimal reads an id of 128 bits in base 10, as tracers print it that take the id for a number.
// Source: https://docs.datadoghq.com/tracing/guide/span_and_trace_id_format/
func wideDecimal(s string) (ID, bool) {
	if len(s) < minWide || len(s) > maxWide {
		return ID{}, false
	}
	var high, low uint64
	for i := range len(s) {
		d := uint64(s[i] - '0')
		carry, product := bits.Mul64(low, 10)
		beyond, above := bits.Mul64(high, 10)
		sum, c := bits.Add64(product, d, 0)
		above, c = bits.Add64(above, carry, c)
		if d > 9 || beyond|c != 0 {
			return ID{}, false
		}
		high, low = above, sum
	}
	return newID(high, low), true
}

// parseDatadog reads the low 64 bits in decimal, which is what Datadog's tracers log of a 64-bit id and
// what older ones log of every id, or in hex; or all 128 bits in decimal. Newer tracers log 128 bits in
// hex, which is no form of Datadog's own. The bits that are missing are left zero, as the Datadog receiver leaves
// them.
// Source: https://docs.datadoghq.com/tracing/guide/span_and_trace_id_format/
func parseDatadog(v string) (Context, bool) {
	if id, ok := wideDecimal(v); ok {
		return Context{TraceID: id, Format: FormatDatadog}, true
	}
	low, ok := decimalUint(v)
	if !ok && len(v) == 16 {
		low, ok = HexUint(v)
	}
	return Context{TraceID: newID(0, low), Format: FormatDatadog}, ok
}

// parseDecimal reads a decimal id under a key that does not say whose it is. One of 128 bits is random, and
// so is one with the top bit of 64, for a Snowflake id is a positive int64; of the others nothing can
// be known, and the low bits of a Snowflake are a sequence.
func parseDecimal(v string) (Context, bool) {
	if id, ok := wideDecimal(v); ok {
		return Context{TraceID: id, Format: FormatDatadog}, true
	}
	low, ok := decimalUint(v)
	c := Context{TraceID: newID(0, low), Format: FormatSnowflake, NonRandom: true}
	if low > math.MaxInt64 {
		c.Format, c.NonRandom = FormatDatadog, false
	}
	return c, ok
}

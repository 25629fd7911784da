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

// parseDatadog reads what Datadog's tracers log: the low 64 bits in decimal, or all 128 in hex. Their
// span intake makes a trace id of the decimal alone by leaving the high half zero, and so do we.
// Source: https://docs.datadoghq.com/tracing/other_telemetry/connect_logs_and_traces/opentelemetry/
func parseDatadog(v string) (Context, bool) {
	if low, ok := decimalUint(v); ok {
		return Context{TraceID: newID(0, low), Format: FormatDatadog}, true
	}
	if v = trimHexPrefix(v); len(v) != 32 && len(v) != 16 {
		return Context{}, false
	}
	id, ok := hexID(v)
	return Context{TraceID: id, Format: FormatDatadog}, ok
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

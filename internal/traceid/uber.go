// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

// parseUber reads traceid:spanid:parentid:flags, with the colons maybe as %3A, for the header may be
// percent-encoded. Leading zeros may be missing. Of the flags, 1 is sampled and 2 is debug.
// Source: https://www.jaegertracing.io/sdk-migration/#trace-span-identity
func parseUber(v string) (Context, bool) {
	trace, rest, ok1 := cutColon(v)
	span, rest, ok2 := cutColon(rest)
	parent, flags, ok3 := cutColon(rest)
	if !ok1 || !ok2 || !ok3 || len(trace) > 32 || hexRun(parent) != len(parent) {
		return Context{}, false
	}
	id, okID := hexID(trace)
	s, okSpan := HexUint(span)
	f, okFlags := HexUint(flags)
	return Context{
		TraceID:  id,
		SpanID:   spanID(s),
		Flags:    byte(f) & flagSampled,
		HasFlags: true,
		Format:   FormatUber,
		Debug:    f&2 != 0,
	}, okID && okSpan && okFlags && f <= 0xff
}

// cutColon splits at the first colon, plain or percent-encoded.
func cutColon(v string) (before, after string, ok bool) {
	for i := range len(v) {
		if v[i] == ':' {
			return v[:i], v[i+1:], true
		}
		if v[i] == '%' && i+2 < len(v) && v[i+1] == '3' && lower(v[i+2]) == 'a' {
			return v[:i], v[i+3:], true
		}
	}
	return v, "", false
}

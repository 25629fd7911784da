// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

// TraceparentLen is the length of a version 00 traceparent; later versions may be longer.
const TraceparentLen = 55

// parseTraceparent reads version-traceid-spanid-flags. Version ff is invalid, version 00 has exactly
// 55 characters, a later one may go on after a further dash.
// Capitals, which the standard forbids to senders, are read. A zero span id leaves the trace id
// good for joining.
// Source: https://www.w3.org/TR/trace-context/#traceparent-header
func parseTraceparent(v string) (Context, bool) {
	if v[2] != '-' || v[35] != '-' || v[52] != '-' {
		return Context{}, false
	}
	version, okVersion := HexUint(v[:2])
	switch {
	case !okVersion || version == 0xff:
		return Context{}, false
	case version == 0 && len(v) != TraceparentLen:
		return Context{}, false
	case len(v) > TraceparentLen && v[TraceparentLen] != '-':
		return Context{}, false
	}
	id, okID := hexID(v[3:35])
	span, okSpan := HexUint(v[36:52])
	flags, okFlags := HexUint(v[53:55])
	c := Context{TraceID: id, SpanID: spanID(span), Flags: byte(flags), HasFlags: true, Format: FormatTraceparent}
	return c, okID && okSpan && okFlags
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

import "encoding/base64"

// parseSW8 reads SkyWalking's header: sample-traceid-segment-span-…, the trace id and the segment in
// base64. The parent's span is numbered within its segment; the Collector's receiver makes 8 bytes of both.
// Source: https://skywalking.apache.org/docs/main/latest/en/api/x-process-propagation-headers-v3/
func parseSW8(v string) (Context, bool) {
	sample, rest := cut(v, '-')
	trace, rest := cut(rest, '-')
	segment, rest := cut(rest, '-')
	number, _ := cut(rest, '-')
	if sample != "0" && sample != "1" {
		return Context{}, false
	}
	var buf [64]byte
	n, ok := decodeBase64(&buf, trace)
	if !ok {
		return Context{}, false
	}
	c, reason := parse(hintNone, string(buf[:n]))
	c.Format = FormatSkyWalking
	c.Flags, c.HasFlags = sample[0]-'0', true
	if span, okNumber := decimalUint(number); okNumber && span <= 1<<31 {
		n, _ = decodeBase64(&buf, segment)
		c.SpanID = skyWalkingSpan(string(buf[:n]), uint32(span))
	}
	return c, reason == Found || reason == InvalidZero
}

// skyWalkingSpan makes the span id of a segment and a number in it as the Collector's receiver does;
// zero if the segment has not the form.
func skyWalkingSpan(segment string, number uint32) [8]byte {
	id, ok := foldSkyWalking(segment, hexRun(segment), number)
	if !ok {
		return [8]byte{}
	}
	return spanID(id.High() ^ id.Low())
}

// decodeBase64 decodes standard base64 into the caller's buffer, which bounds what is read.
func decodeBase64(dst *[64]byte, v string) (int, bool) {
	var src [88]byte
	if len(v) == 0 || len(v) > len(src) || base64.StdEncoding.DecodedLen(len(v)) > len(dst)+2 {
		return 0, false
	}
	n := copy(src[:], v)
	var out [68]byte
	m, err := base64.StdEncoding.Decode(out[:], src[:n])
	if err != nil || m > len(dst) {
		return 0, false
	}
	copy(dst[:], out[:m])
	return m, true
}

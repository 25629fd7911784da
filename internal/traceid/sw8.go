// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

import (
	"encoding/base64"
	"strings"
)

// parseSW8 reads SkyWalking's header: sample-traceid-segment-span-…, the trace id and the segment in
// base64. The span is numbered within its segment.
// Source: https://skywalking.apache.org/docs/main/latest/en/api/x-process-propagation-headers-v3/
func parseSW8(v string) (Context, bool) {
	sample, rest := cut(v, '-')
	trace, rest := cut(rest, '-')
	segment, rest := cut(rest, '-')
	number, _ := cut(rest, '-')
	if sample != "0" && sample != "1" {
		return Context{}, false
	}
	var traceText, segmentText [base64Max]byte
	c, ok := skyWalkingContext(
		borrow(decodeBase64(traceText[:], trace)),
		borrow(decodeBase64(segmentText[:], segment)),
		number,
	)
	c.Flags, c.HasFlags = sample[0]-'0', true
	return c, ok
}

// parseSWContext reads what %sw_ctx prints: [service,instance,traceid,segment,span], each N/A and the
// span -1 outside of a trace. The instance is made of a uuid and an address and so has no comma.
// Source: https://skywalking.apache.org/docs/skywalking-java/latest/en/setup/service-agent/java-agent/application-toolkit-logback-1.x/
func parseSWContext(v string) (Context, bool) {
	if i := strings.IndexByte(v, '['); i >= 0 {
		v, _ = cut(v[i+1:], ']')
	}
	_, rest := cut(v, ',')
	_, rest = cut(rest, ',')
	trace, rest := cut(rest, ',')
	segment, number := cut(rest, ',')
	return skyWalkingContext(trace, segment, trim(number))
}

// skyWalkingContext makes the ids the Collector's receiver makes of the same parts.
func skyWalkingContext(trace, segment, number string) (Context, bool) {
	var c Context
	switch n := hexRun(trace); {
	case len(trace) == 36:
		c, _ = parseUUID(trace)
	case n == 32:
		c, _ = parseSkyWalking(trace, n)
	}
	if c.Format == FormatNone {
		return Context{}, false
	}
	c.Format = FormatSkyWalking
	if span, ok := decimalUint(number); ok && span < 1<<31 {
		c.SpanID = skyWalkingSpan(segment, uint32(span))
	}
	return c, true
}

// skyWalkingSpan makes the span id of a segment and a number in it: the segment's 16 bytes, folded
// in half. It is zero if the segment has not the form.
func skyWalkingSpan(segment string, number uint32) [8]byte {
	id, ok := foldSkyWalking(segment, hexRun(segment), number)
	if !ok {
		return [8]byte{}
	}
	return spanID(id.High() ^ id.Low())
}

// base64Max is the longest id in sw8, decoded: 32 digits, thread and sequence have 74 at most.
const base64Max = 96

// decodeBase64 decodes into dst, empty if v is too long or not base64.
func decodeBase64(dst []byte, v string) []byte {
	if base64.StdEncoding.DecodedLen(len(v)) > len(dst) {
		return nil
	}
	n, err := base64.StdEncoding.Decode(dst, borrowBytes(v))
	if err != nil {
		return nil
	}
	return dst[:n]
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

import "strings"

// Parse reads the trace id in a value that was found under a key with the hint. The value is borrowed and not
// retained. Reason is Found exactly when the id is valid.
//
// It tries the forms in the order of how often they are met. Each form differs from all the others in its length or
// its separators, so at most one can match.
func (h Hint) Parse(value string) (Context, Reason) {
	if len(value) == 32 && h != HintRoot {
		if id, ok := hexID(value); ok {
			return admit(Context{TraceID: id, Format: FormatW3CHex})
		}
	}
	v := trim(value)
	if c, ok := parsePlain(h, v); ok {
		return admit(c)
	}
	v = trimLabel(v)
	if c, ok := parseVendor(h, v); ok {
		return admit(c)
	}
	if c, ok := parseContext(h, v); ok {
		return admit(c)
	}
	return Context{}, whyNot(h, v)
}

// admit refuses the id of zeros, in whatever form it was written.
func admit(c Context) (Context, Reason) {
	if c.TraceID.IsZero() {
		return Context{}, InvalidZero
	}
	return c, Found
}

// parsePlain reads the forms that hold a trace id and nothing else, and differ from each other without their key.
func parsePlain(h Hint, v string) (c Context, ok bool) {
	digits := trimHexPrefix(v)
	switch {
	case h == HintRoot || h == HintDatadog && len(digits) != 32:
		return c, false
	case len(digits) == 32:
		c.TraceID, ok = hexID(digits)
		c.Format = FormatW3CHex
		return c, ok
	case len(v) == 36:
		if c, ok = parseUUID(v); ok {
			return c, h != HintOperation
		}
	}
	c, ok = parseByLength(v)
	if !ok && h == HintNone {
		c, ok = parseTrimmed(v)
	}
	return c, ok && !h.ambiguous()
}

// parseByLength reads the plain forms that their length and their alphabet tell.
func parseByLength(v string) (c Context, ok bool) {
	switch len(v) {
	case 16:
		c.TraceID, ok = hexID(v)
		c.Format = FormatHex64
	case 26:
		c, ok = parseULID(v)
	case 17, 18, 19, 20, 36, 37, 38, 39:
		c, ok = parseDecimal(v)
	}
	return c, ok
}

// parseVendor reads the forms that only their key makes known.
func parseVendor(h Hint, v string) (Context, bool) {
	switch h {
	case HintDatadog:
		return parseDatadog(v)
	case HintEagleEye:
		return parseEagleEye(v)
	case HintUber:
		return parseUber(v)
	case HintSkyWalking:
		return parseSW8(v)
	case HintSWContext:
		return parseSWContext(v)
	case HintNewRelic:
		return parseNewRelic(v)
	case HintRoot:
		if strings.HasPrefix(v, "1-") {
			return parseXRayID(v)
		}
		return parseXRayHeader(v)
	}
	return Context{}, false
}

// parseContext reads the forms that name the span or the project as well.
func parseContext(h Hint, v string) (Context, bool) {
	switch {
	case len(v) < minContextLen || h == HintRoot:
		return Context{}, false
	case len(v) >= TraceparentLen && v[2] == '-':
		return parseTraceparent(v)
	case v[0] == '1' && v[1] == '-':
		return parseXRayID(v)
	case v[0] == '|':
		return parseAppInsights(v)
	case v[0] == 'p':
		return parseGCPName(v)
	case lower(v[0]) == 'r' || lower(v[0]) == 's':
		return parseXRayHeader(v)
	}
	return parseSeparated(h, v)
}

// minContextLen is the length of the shortest: Jaeger's with a 64-bit trace id, a span of one digit, no parent
// and one digit of flags.
const minContextLen = 16 + 2 + 2 + 2

// parseSeparated reads the forms that begin with the hex trace id. The byte after it decides which.
func parseSeparated(h Hint, v string) (Context, bool) {
	n := hexRun(v)
	if n == len(v) {
		return Context{}, false
	}
	switch v[n] {
	case '-':
		return parseB3(h, v, n)
	case ':', '%':
		if n != 16 && n != 32 {
			return Context{}, false
		}
		return parseUber(v)
	case '/':
		return parseGCPHeader(v, n)
	case '.':
		return parseSkyWalking(v, n)
	}
	return Context{}, false
}

// whyNot returns the reason why a value is no id.
func whyNot(h Hint, v string) Reason {
	switch {
	case h == HintThread && (v == "N/A" || v == "Ignored_Trace"):
		// What the SkyWalking agent for Java prints outside of a trace, and of one that is not sampled.
		return Placeholder
	case h == HintOperation && strings.HasPrefix(v, "|"), h == HintGCP && strings.HasPrefix(v, "projects/"):
		// Nothing but a trace id begins like that, even under a common word.
		return Malformed
	case h.ambiguous():
		return Absent
	case isZeros(v):
		return InvalidZero
	case isPlaceholder(v):
		return Placeholder
	}
	return Malformed
}

// isZeros reports whether the value is nothing but zeros and separators: "0", "00-000-0", "0x0".
func isZeros(v string) bool {
	zero := false
	for i := range len(v) {
		switch v[i] {
		case '0':
			zero = true
		case '-', ':', '.', '/', 'x':
		default:
			return false
		}
	}
	return zero
}

// isPlaceholder reports whether the value stands for "none". No list of words is needed: an id
// without a single digit does not occur (in hex its probability is below one in a million), and a
// template that was not filled in begins with its mark.
func isPlaceholder(v string) bool {
	if v == "" || v[0] == '%' || v[0] == '$' || v[0] == '{' || v[0] == '<' {
		return true
	}
	for i := range len(v) {
		if isDigit(v[i]) {
			return false
		}
	}
	return true
}

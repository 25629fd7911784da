// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

import "strings"

// xrayLen is the length of 1-58406520-a006649127e371903a2de979.
const xrayLen = 35

// parseXRayID reads a bare X-Ray id, maybe with the segment behind an @, as the X-Ray SDK for Java
// logs it.
// Source: https://docs.aws.amazon.com/xray/latest/devguide/xray-sdk-java-configuration.html
func parseXRayID(v string) (Context, bool) {
	c := Context{Format: FormatXRay}
	id, segment := cut(v, '@')
	c.SpanID, _ = hexSpanID(segment)
	ok := c.setXRayID(id)
	return c, ok
}

// parseXRayHeader reads Root, Parent and Sampled in any order. Self, which a load balancer adds, is
// not the trace.
// Source: https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader
func parseXRayHeader(v string) (Context, bool) {
	c := Context{Format: FormatXRay}
	found := false
	for v != "" {
		var field string
		field, v = cut(v, ';')
		name, value := cut(trim(field), '=')
		switch {
		case strings.EqualFold(name, "Root"):
			found = c.setXRayID(value)
		case strings.EqualFold(name, "Parent"):
			c.SpanID, _ = hexSpanID(value)
		case strings.EqualFold(name, "Sampled") && (value == "0" || value == "1"):
			c.Flags, c.HasFlags = value[0]-'0', true
		}
	}
	return c, found
}

// setXRayID reads version, seconds and 96 random bits, which together are the W3C id.
func (c *Context) setXRayID(v string) bool {
	if len(v) != xrayLen || v[0] != '1' || v[1] != '-' || v[10] != '-' {
		return false
	}
	seconds, ok1 := HexUint(v[2:10])
	middle, ok2 := HexUint(v[11:19])
	low, ok3 := HexUint(v[19:35])
	c.TraceID = newID(seconds<<32|middle, low)
	return ok1 && ok2 && ok3
}

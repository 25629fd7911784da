// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

// parseUUID reads 8-4-4-4-12. Versions 1, 2 and 6 end in the address of the machine, so their low
// bits are the same for all ids of one process.
// Source: RFC 9562, sections 4 and 5.
func parseUUID(v string) (Context, bool) {
	if v[8] != '-' || v[13] != '-' || v[18] != '-' || v[23] != '-' {
		return Context{}, false
	}
	a, okA := HexUint(v[0:8])
	b, okB := HexUint(v[9:13])
	c, okC := HexUint(v[14:18])
	d, okD := HexUint(v[19:23])
	e, okE := HexUint(v[24:36])
	id := newID(a<<32|b<<16|c, d<<48|e)
	version := c >> 12
	return Context{
		TraceID:   id,
		Format:    FormatUUID,
		NonRandom: version == 1 || version == 2 || version == 6,
	}, okA && okB && okC && okD && okE
}

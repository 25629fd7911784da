// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

import "math/bits"

// parseEagleEye reads the ids of Alibaba's EagleEye and SOFATracer: 8 hex digits of the host's address,
// 13 digits of milliseconds, 4 digits of a counter, then the process in hex or decimal. They do not fit 16 bytes, so the id
// is the FNV-1a hash of the text, the same on every replica. Spans meet it only if they
// carry the same text.
// Source: https://www.sofastack.tech/en/projects/sofa-tracer/traceid-generated-rule/
func parseEagleEye(v string) (Context, bool) {
	if len(v) < 25 || len(v) > 64 || hexRun(v) != len(v) {
		return Context{}, false
	}
	for i := 8; i < 25; i++ {
		if !isDigit(v[i]) {
			return Context{}, false
		}
	}
	return Context{TraceID: fnv128a(v), Format: FormatEagleEye, NonRandom: true}, true
}

// fnv128a is the 128-bit FNV-1a hash, without the allocation of hash/fnv.
func fnv128a(s string) ID {
	const primeLow, primeShift = 0x13b, 24 // the prime is 2^88 + 0x13b
	high, low := uint64(0x6c62272e07bb0142), uint64(0x62b821756295c58d)
	for i := range len(s) {
		low ^= uint64(s[i])
		carry, product := bits.Mul64(primeLow, low)
		carry += low<<primeShift + primeLow*high
		high, low = carry, product
	}
	return newID(high, low)
}

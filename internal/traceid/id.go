// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

import "encoding/binary"

// ID is a trace id of 16 bytes, high half first. The zero value is no id.
type ID [16]byte

// IsZero reports whether the id is absent: W3C Trace Context forbids the all-zero id.
func (id ID) IsZero() bool { return id == ID{} }

// Low returns the low 64 bits, on which traces join: they survive the truncation to 64 bits that
// B3, Jaeger and Datadog headers bring.
func (id ID) Low() uint64 { return binary.BigEndian.Uint64(id[8:]) }

// High returns the high 64 bits, zero for an id that was written as 64 bits.
func (id ID) High() uint64 { return binary.BigEndian.Uint64(id[:8]) }

// newID makes an id of its two halves.
func newID(high, low uint64) (id ID) {
	binary.BigEndian.PutUint64(id[:8], high)
	binary.BigEndian.PutUint64(id[8:], low)
	return id
}

// Context is what a text says of the trace it belongs to. Only TraceID is always there.
type Context struct {
	TraceID ID
	// SpanID is zero when the text names no span.
	SpanID [8]byte
	// Flags are the W3C trace flags (bit 0: sampled), meaningful only if HasFlags.
	Flags    byte
	HasFlags bool
	Format   Format
	// Debug is set where the sender asked to keep the trace whatever the sampler says: B3 state d,
	// X-B3-Flags 1, Jaeger flag 2.
	Debug bool
	// NonRandom is set where the low bits of the id hold a time, a sequence or an address, so that a
	// sampler must not take them for randomness.
	NonRandom bool
}

// flagSampled is the sampled bit of the W3C trace flags.
const flagSampled = 0x01

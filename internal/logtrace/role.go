// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package logtrace

import (
	"math"

	"github.com/otelcol-correlation/correlationprocessor/internal/traceid"
)

// Kind says what sort of value a key holds.
type Kind uint8

// The kinds.
const (
	// RoleNone: the key has nothing to do with traces.
	RoleNone Kind = iota
	// RoleTraceID: a trace id, in whatever form.
	RoleTraceID
	// RoleSpanID: the id of the span that was active.
	RoleSpanID
	// RoleFlags: the trace flags, or whether the trace is sampled.
	RoleFlags
	// RoleContext: a propagation header with trace id, span id and flags in one value.
	RoleContext
	// RoleTraceHigh: the high 64 bits of a Datadog trace id, kept apart from the low ones.
	RoleTraceHigh
	// RoleMessage: the text of the record, which is read if no key beside it holds a trace id.
	RoleMessage
)

// Role is what a key means. The zero value is that of a key without meaning.
type Role struct {
	Kind Kind
	// Rank orders keys of one kind: the value under the lower rank wins.
	Rank uint16
	hint traceid.Hint
	// inside is how many objects lie around the key, with inQuotes if it stands in a quoted part of a line. Of
	// two values of one rank the one with fewer objects around it wins, and what is not quoted wins over what is.
	// The compiler keeps a struct in registers up to four fields.
	inside uint8
}

// inQuotes is the bit of Role.inside that is not a number of objects.
const inQuotes = 1 << 7

// order is how far a value stands behind others of its kind: first by quotes, then by rank, then by depth.
type order uint32

// quotedOrder is behind all that is not quoted; unnamedOrder is that of a form without a key.
const (
	quotedOrder  order = 1 << 24
	unnamedOrder order = math.MaxUint16 << 8
)

func (r Role) order() order {
	return order(r.inside&inQuotes)<<17 | order(r.Rank)<<8 | order(r.inside&^inQuotes)
}

func (o order) isQuoted() bool { return o >= quotedOrder }

// isHeader reports whether the key is a header of the request, whose span is the caller's.
func (o order) isHeader() bool { return o&^quotedOrder >= order(headerRank)<<8 }

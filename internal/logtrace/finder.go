// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package logtrace

import (
	"encoding/binary"
	"strconv"

	"github.com/otelcol-correlation/correlationprocessor/internal/traceid"
)

// Finder joins the values under the keys of one carrier (a record's attributes, its body, its resource)
// into one Context. The zero value is ready. It borrows nothing beyond a call.
type Finder struct {
	best     traceid.Context
	at       order          // of best
	reason   traceid.Reason // of failure, while best is empty
	spanAt   order
	span     [8]byte
	flags    byte
	hasFlags bool
	debug    bool
	high     uint64
}

// Offer takes the value under a key of the given role. Values may be offered in any order.
func (f *Finder) Offer(r Role, value string) {
	switch r.Kind {
	case RoleTraceID, RoleContext:
		f.offerTrace(r, value)
	case RoleSpanID:
		if id, ok := r.hint.ParseSpanID(value); ok && (f.span == [8]byte{} || r.order() < f.spanAt) {
			f.span, f.spanAt = id, r.order()
		}
	case RoleFlags:
		if flags, debug, ok := r.hint.ParseFlags(value); ok && r.inside&inQuotes == 0 {
			f.flags |= flags
			f.hasFlags = true
			f.debug = f.debug || debug
		}
	case RoleTraceHigh:
		if high, ok := traceid.HexUint(value); ok && len(value) == 16 {
			f.high = high
		}
	}
}

// OfferInt takes a value that is a number already, as Datadog's decimal ids may be. They are unsigned, so
// a negative number is one above the largest int64.
func (f *Finder) OfferInt(r Role, value int64) {
	var buf [20]byte
	f.Offer(r, borrow(strconv.AppendUint(buf[:0], uint64(value), 10)))
}

func (f *Finder) offerTrace(r Role, value string) {
	found := f.Found()
	if found && r.order() >= f.at {
		return
	}
	c, reason := r.hint.Parse(value)
	switch {
	case reason == traceid.Found:
		f.take(c, r.order())
	case !found:
		f.reason = max(f.reason, reason)
	}
}

// take makes c the best id so far.
func (f *Finder) take(c traceid.Context, at order) { f.best, f.at = c, at }

// isNamed reports whether an id was found that has a key of its own and is not quoted.
func (f *Finder) isNamed() bool { return f.Found() && f.at < unnamedOrder }

// Found reports whether a valid trace id was offered.
func (f *Finder) Found() bool { return f.best.Format != traceid.FormatNone }

// Result returns the best trace id offered with the span and the flags that belong to it, or
// else the reason that says most about what was wrong.
func (f *Finder) Result() (traceid.Context, traceid.Reason) {
	if !f.Found() {
		return traceid.Context{}, max(f.reason, traceid.Absent)
	}
	c := f.best
	if c.SpanID == [8]byte{} && f.spanBelongs() {
		c.SpanID = f.span
	}
	if !c.HasFlags {
		c.Flags, c.HasFlags = f.flags, f.hasFlags
	}
	c.Debug = c.Debug || f.debug
	if c.Format == traceid.FormatDatadog && c.TraceID.High() == 0 {
		binary.BigEndian.PutUint64(c.TraceID[:8], f.high)
	}
	return c, traceid.Found
}

// spanBelongs reports whether the span goes with the trace id. The span in a request's header is the
// caller's: it is taken with a trace id from a header, where there is no better one, but not with the record's own
// trace id. Nor is one from a quotation taken with an id from outside of it.
func (f *Finder) spanBelongs() bool {
	return (!f.spanAt.isHeader() || f.at.isHeader()) && (!f.spanAt.isQuoted() || f.at.isQuoted())
}

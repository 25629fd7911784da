// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import "github.com/otelcol-correlation/correlationprocessor/internal/sampling"

// Outcome gathers what calls of the buffer decided. The caller owns it; the
// zero value is ready for use, and one Outcome may take several calls.
type Outcome struct {
	// Released has the records of kept traces for each outlet, indexed by it.
	Released []Release
	// Dropped counts the held records that were dropped.
	Dropped [signals]int
	// Decisions counts the traces decided.
	Decisions map[Decision]int
	// Decided counts what was held of them by then, for each verdict (without
	// its rate).
	Decided map[sampling.Verdict]Volume
}

// Volume is an amount of data, by signal.
type Volume struct {
	Items [signals]int
	Bytes [signals]int64
}

// Add adds items of a signal.
func (v *Volume) Add(sig Signal, items int, bytes int64) {
	v.Items[sig] += items
	v.Bytes[sig] += bytes
}

// Decision is how a trace was decided.
type Decision struct {
	Verdict sampling.Verdict
	Trigger Trigger
}

// Release is what goes back to one outlet. Its bytes count as held until the
// caller calls Delivered.
type Release struct {
	Records []Record
	// Counts is the number of Records per signal, companions left out.
	Counts [signals]int
	// Bytes is what the records weigh.
	Bytes int64
	holds []*Envelope // of the records, a reference each
}

// hold makes the release refer to an envelope of its records.
func (r *Release) hold(e *Envelope) {
	if n := len(r.holds); n == 0 || r.holds[n-1] != e {
		e.refs.Add(1)
		r.holds = append(r.holds, e)
	}
}

func (r *Release) add(rec Record) {
	r.hold(rec.Envelope)
	r.Records = append(r.Records, rec)
}

// Record is one held record of a kept trace.
type Record struct {
	// Trace is the same for the records of one trace, which follow each other in
	// a Release.
	Trace uint64
	// Envelope is the scope that was interned, good until the release is Delivered.
	Envelope *Envelope
	// Data is the record's bytes.
	Data []byte
	// Verdict is the trace's verdict.
	Verdict sampling.Verdict
	Signal  Signal
	// Outlet is the one that the record came through, also where it is a companion.
	Outlet uint8
	// Companion marks a record that is there only for those of the other signal
	// in its trace: it goes out, or went out, through its own outlet.
	Companion bool
}

// Metadata is what lies around the record's resource, or nothing.
func (r *Record) Metadata() string {
	if outermost := r.Envelope.Around.Around; outermost != nil {
		return outermost.Content
	}
	return ""
}

func (o *Outcome) outlet(n uint8) *Release {
	for len(o.Released) <= int(n) {
		o.Released = append(o.Released, Release{})
	}
	return &o.Released[n]
}

// release sends a record back to its outlet.
func (o *Outcome) release(outlet uint8, r Record) {
	rel := o.outlet(outlet)
	rel.add(r)
	rel.Counts[r.Signal]++
	rel.Bytes += int64(len(r.Data))
}

// companions sends the records of a trace that are of one signal to an outlet that
// has some of the other.
func (o *Outcome) companions(outlet uint8, trace []Record, sig Signal) {
	rel := o.outlet(outlet)
	for _, r := range trace {
		if r.Signal == sig {
			r.Companion = true
			rel.add(r)
		}
	}
}

// decided counts a decision on a trace of which e is held.
func (o *Outcome) decided(v sampling.Verdict, t Trigger, e *entry) {
	if o.Decisions == nil {
		o.Decisions = map[Decision]int{}
	}
	o.Decisions[Decision{v, t}]++
	v.Rate = 0
	if e == nil || e.held[Span]+e.held[Log] == 0 {
		return
	}
	if o.Decided == nil {
		o.Decided = map[sampling.Verdict]Volume{}
	}
	vol := o.Decided[v]
	vol.Add(Span, int(e.held[Span]), int64(e.bytes-e.logBytes))
	vol.Add(Log, int(e.held[Log]), int64(e.logBytes))
	o.Decided[v] = vol
}

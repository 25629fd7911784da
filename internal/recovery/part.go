// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package recovery

import (
	"maps"
	"slices"

	"github.com/otelcol-correlation/correlationprocessor/internal/recordlog"
)

// Record is a record that was left. Data is good until the next one is read.
type Record struct {
	Kind, Outlet uint8
	Origin       recordlog.Origin
	Envelope     *recordlog.Envelope
	Data         []byte
}

// Part is a segment of the survey, with what is to become of its records.
type Part struct {
	survey    *Survey
	segment   *segment
	envelopes *recordlog.Envelopes
}

// Decided is a decided trace.
type Decided struct {
	Trace
	// Taken has a bit for each signal whose outlet had taken what is its own.
	Taken uint8
	// Newest is the segment that the trace's newest record lies in.
	Newest *recordlog.Left
	places []place // the oldest first
	sent   int     // of them, those that have been delivered
}

// Each hands out the segments, the oldest first, until part returns false. Envelopes are
// interned in the given ones, for as long as records that name them may be handed out.
func (s *Survey) Each(envelopes *recordlog.Envelopes, part func(*Part) bool) {
	defer func() {
		for _, one := range s.segments {
			one.forget(envelopes)
		}
	}()
	for _, one := range s.segments {
		if !part(&Part{s, one, envelopes}) {
			return
		}
		one.forget(envelopes)
	}
}

// Left is the segment.
func (p *Part) Left() *recordlog.Left { return p.segment.Left }

// around returns the envelopes of the segment.
func (s *segment) around(envelopes *recordlog.Envelopes) map[uint32]*recordlog.Envelope {
	if s.named == nil {
		s.named = s.Envelopes(func(around *recordlog.Envelope, content []byte) *recordlog.Envelope {
			return envelopes.Intern(around, content, 0)
		})
	}
	return s.named
}

func (s *segment) forget(envelopes *recordlog.Envelopes) {
	envelopes.Forget(slices.Collect(maps.Values(s.named)))
	s.named = nil
}

// read returns the record at the place, if it is whole.
func (p *Part) read(at place) (r Record, ok bool) {
	e, ok := at.segment.Entry(at.record)
	if !ok {
		return r, false
	}
	l, ok := at.segment.Record(at.record)
	r = Record{Kind: e.Kind, Outlet: e.Outlet, Origin: at.segment.Origin(at.record), Envelope: at.segment.around(p.envelopes)[l.Envelope], Data: l.Data}
	if !ok || r.Envelope == nil {
		p.survey.Damaged++
		return r, false
	}
	p.survey.Bytes += int64(len(r.Data))
	return r, true
}

// Undecided yields the records of undecided traces, in the order of their arrival.
func (p *Part) Undecided(yield func(Record) bool) {
	for i, f := range p.segment.fates {
		if f != open {
			continue
		}
		if r, ok := p.read(place{p.segment, i}); ok && !yield(r) {
			return
		}
	}
}

// Decided yields the decided traces whose first record lies in the segment.
func (p *Part) Decided(yield func(*Decided) bool) {
	for _, i := range slices.Sorted(maps.Keys(p.segment.traces)) {
		t := p.segment.traces[i]
		d := &Decided{Trace: t.noted, Taken: t.taken, Newest: t.newest.segment.Left}
		if !t.known {
			d.Standing = Undecided
		}
		for at := t.newest; ; {
			if t.had && at == t.sent {
				d.sent = 1
			}
			e, ok := at.segment.Entry(at.record)
			if !ok || e.Kind == recordlog.Note {
				break
			}
			if d.sent > 0 {
				d.sent++
			}
			d.places = append(d.places, at)
			if at == (place{p.segment, i}) {
				break
			}
			if at = at.before(e); at.record < 0 {
				break
			}
		}
		d.sent = max(0, d.sent-1)
		slices.Reverse(d.places)
		if slices.ContainsFunc(d.places, place.isLeft) && !yield(d) {
			return
		}
	}
}

// isLeft reports whether the record at the place is nowhere else.
func (at place) isLeft() bool { return at.segment.fates[at.record]&copied == 0 }

// Size is about how many bytes the trace's records take, as they were written.
func (p *Part) Size(d *Decided) (n int) {
	for _, at := range d.places {
		if at.isLeft() {
			n += at.segment.Size(at.record)
		}
	}
	return n
}

// Records yields the records of the trace that are nowhere else, the oldest first, and
// whether each has been delivered.
func (p *Part) Records(d *Decided, yield func(r Record, sent bool)) {
	for i, at := range d.places {
		if !at.isLeft() {
			continue
		}
		if r, ok := p.read(at); ok {
			yield(r, i < d.sent)
		}
	}
}

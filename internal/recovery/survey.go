// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package recovery

import (
	"cmp"
	"slices"

	"github.com/otelcol-correlation/correlationprocessor/internal/recordlog"
)

// Survey is what is to become of the records that were left. It is for one caller at a
// time.
type Survey struct {
	segments []*segment // by their order
	byUID    map[uint64]*segment
	// Damaged is how many records are not whole.
	Damaged int
	// Bytes is how many bytes of records were read.
	Bytes int64
}

// segment is one that was left, with what is to become of each of its records.
type segment struct {
	*recordlog.Left
	fates  []fate
	traces map[int]*trace // of the decided ones, those whose first record lies here
	log    map[uint64]*segment
	named  map[uint32]*recordlog.Envelope
}

// fate is what is to become of a record.
type fate uint8

const (
	open    fate = iota   // its trace is undecided
	gone                  // nothing
	decided               // what its trace has
	copied  fate = 1 << 7 // flag: it is elsewhere, or not to be
)

// trace is a decided one.
type trace struct {
	noted  Trace
	known  bool // noted is
	newest place
	sent   place // this record and those before it have been delivered
	had    bool  // sent is one
	taken  uint8 // signals in a batch on its way
}

// place is a record's.
type place struct {
	segment *segment
	record  int
}

// Look finds out what is to become of the records in the segments, which are in the order
// that recordlog.NewFiles returned.
func Look(left []*recordlog.Left) *Survey {
	s := &Survey{byUID: map[uint64]*segment{}}
	for _, l := range left {
		one := &segment{Left: l, fates: make([]fate, l.Count)}
		s.segments = append(s.segments, one)
		s.byUID[l.UID()] = one
	}
	for i := len(s.segments); i > 0; {
		n := i - 1
		for n > 0 && s.segments[n-1].Log == s.segments[i-1].Log {
			n--
		}
		s.lookAt(s.segments[n:i])
		i = n
	}
	slices.SortFunc(s.segments, func(x, y *segment) int { return cmp.Compare(x.Order, y.Order) })
	return s
}

// lookAt looks at a log from its end.
func (s *Survey) lookAt(log []*segment) {
	byNumber := map[uint64]*segment{}
	for _, one := range log {
		byNumber[one.Number] = one
		one.log = byNumber
	}
	pending := map[place]*trace{}
	for _, one := range slices.Backward(log) {
		for i := one.Count - 1; i >= 0; i-- {
			e, ok := one.Entry(i)
			if !ok {
				one.fates[i] = gone
				s.Damaged++
				continue
			}
			s.record(place{one, i}, e, place{one, i}.before(e), pending)
		}
	}
}

// before is the place of the record that the one here is linked to; its record is -1 where
// there is none. It lies before.
func (p place) before(e recordlog.LeftEntry) place {
	if e.Record >= 0 {
		if to := p.segment.log[p.segment.Number-e.Back]; to != nil && e.Record < to.Count && (to != p.segment || e.Record < p.record) {
			return place{to, e.Record}
		}
	}
	return place{record: -1}
}

// record looks at the record at a place, which is linked to another one.
func (s *Survey) record(at place, e recordlog.LeftEntry, before place, pending map[place]*trace) {
	one, i := at.segment, at.record
	if e.Copy {
		switch of := s.origin(at); {
		case e.Far:
			before = of
		case of.record >= 0:
			of.segment.fates[of.record] |= copied
		}
	}
	if e.Kind == recordlog.Note && e.Outlet != Begin {
		one.set(i, gone)
		if before.record >= 0 {
			s.note(at, e, before, pending)
		}
		return
	}
	t := pending[at]
	delete(pending, at)
	if t == nil && one.fate(i) == open && e.Decided {
		t = &trace{newest: at} // noted further down
	}
	switch {
	case t != nil:
		one.set(i, decided)
	case one.fate(i) == gone && before.record >= 0 && pending[before] == nil:
		before.segment.set(before.record, gone)
	}
	switch {
	case e.Kind == recordlog.Note:
		one.set(i, gone)
		s.begin(at, t)
	case t == nil:
	case before.record < 0: // its beginning is damaged
		s.first(at, t)
	default:
		s.follow(at, before, t, pending)
	}
}

// origin is the place that the record at another one has as its origin; its record is -1
// where there is none.
func (s *Survey) origin(at place) place {
	if r, ok := at.segment.Record(at.record); ok {
		if of := s.byUID[r.Origin.UID()]; of != nil && r.Origin.Record() < of.Count {
			return place{of, r.Origin.Record()}
		}
	}
	return place{record: -1}
}

func (s *segment) fate(i int) fate { return s.fates[i] &^ copied }

func (s *segment) set(i int, f fate) { s.fates[i] = s.fates[i]&copied | f }

// follow has what is known of the trace of a record hold for the record before.
func (s *Survey) follow(at, before place, t *trace, pending map[place]*trace) {
	if pending[before] == nil {
		pending[before] = t
		return
	}
	s.first(at, t) // two that claim it are there only where something is damaged
}

// note looks at a note that is linked to a record.
func (s *Survey) note(at place, e recordlog.LeftEntry, before place, pending map[place]*trace) {
	r, ok := at.segment.Record(at.record)
	if !ok {
		s.Damaged++
		return
	}
	t := pending[before]
	switch {
	case e.Outlet == Gone && t == nil:
		before.segment.set(before.record, gone)
		return
	case e.Outlet == Gone:
		if !t.had {
			t.sent, t.had = before, true
		}
		return
	case before.segment.fate(before.record) == gone:
		return
	}
	if t == nil {
		t = &trace{newest: before}
		pending[before] = t
	}
	switch e.Outlet {
	case Verdict:
		if !t.known {
			had := t.noted.Delivered
			t.known = t.noted.ReadVerdict(r.Data)
			t.noted.Delivered |= had
		}
	case Taken, Delivered:
		if !t.had && len(r.Data) == 1 && r.Data[0] < 8 {
			if e.Outlet == Taken {
				t.taken |= 1 << r.Data[0]
			} else {
				t.noted.Delivered |= 1 << r.Data[0]
			}
		}
	}
}

// begin looks at the beginning of a trace, of which t is known, or nothing.
func (s *Survey) begin(at place, t *trace) {
	if t == nil {
		return
	}
	var begun Trace
	if r, ok := at.segment.Record(at.record); ok && begun.ReadBegin(r.Data) {
		if !t.known {
			begun.Delivered |= t.noted.Delivered
			t.noted, t.known = begun, begun.Standing != Undecided
		}
		t.noted.ID = begun.ID
	}
	s.first(at, t)
}

// first has the trace be handed out where its first record lies.
func (s *Survey) first(at place, t *trace) {
	one := at.segment
	if one.traces == nil {
		one.traces = map[int]*trace{}
	}
	one.traces[at.record] = t
}

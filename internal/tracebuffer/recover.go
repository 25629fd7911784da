// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"time"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"

	"github.com/otelcol-correlation/correlationprocessor/internal/recovery"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// Recovery says what is done with what an earlier process left in the store.
type Recovery struct {
	// Outlets are the numbers of the pipelines that spans and logs go back to; -1 is none:
	// then they are lost.
	Outlets [signals]int
	// Now is the clock that readings are of.
	Now func() time.Duration
	// Held is told of records that are held from now on, before anything can become of them.
	Held func(sig Signal, n int)
	// Replay decides on records of undecided traces anew, in the order of their arrival:
	// they are of one signal and have one outermost envelope, which may be nil. Each is to be
	// an Item with its Origin, or be adopted or parked with it, before Replay returns; what
	// passes is to be adopted. Records are borrowed until then.
	Replay func(sig Signal, metadata *Envelope, records []Record)
	// CarryOut is told what came about by that besides.
	CarryOut func(*Outcome)
	// Stop, when it is closed, ends the recovery; the rest is left for the next one.
	Stop <-chan struct{}
}

// Recovered is what was found, in records of each signal.
type Recovered struct {
	Undecided   [signals]int // decided on anew
	Kept        [signals]int // that wait for their outlets again
	Redelivered [signals]int // of the kept ones, those that were on their way
	Dropped     [signals]int // that lie there for their hindsight again
	Verdicts    int          // that do not follow from the trace id
	Lost        int          // records that were damaged, or have no pipeline any more
	LostParts   int          // parts of the log that were damaged as a whole
	Bytes       int64        // of records read
}

// replayed is how many records are decided on together, and replayedBytes of how many bytes
// at most. In the files a record takes about so many more bytes.
const (
	replayed      = 512
	replayedBytes = 1 << 20
	indexed       = 32
)

// Recover has what an earlier process left go on: what is undecided is decided on anew,
// what is kept waits for its outlets, and what was dropped lies there for its hindsight. It
// is called once, beside all other calls, and returns when nothing is left.
func (b *Buffer) Recover(r *Recovery) Recovered {
	left := b.left
	b.left = nil
	survey := recovery.Look(left)
	c := recovering{b: b, r: r}
	survey.Each(b.envelopes, c.part)
	if !c.stopped {
		b.files.AllDone()
		_ = b.opts.Storage.Trim()
	}
	b.Forget(c.holds)
	c.n.Verdicts, c.n.LostParts, c.n.Bytes = b.fed, b.parts, survey.Bytes
	c.n.Lost += survey.Damaged
	return c.n
}

// recovering is a recovery under way.
type recovering struct {
	b        *Buffer
	r        *Recovery
	n        Recovered
	batch    []Record // to be replayed
	data     []byte   // of the batch
	metadata *Envelope
	holds    []*Envelope
	stopped  bool
}

// part has what was left in a segment go on, and reports whether that was all of it.
func (c *recovering) part(part *recovery.Part) bool {
	if c.lookForStop(); c.stopped {
		return false
	}
	files := c.b.files
	files.Speak(part.Left())
	c.makeRoom()
	for d := range part.Decided {
		if !c.room(part.Size(d)) {
			return false
		}
		files.Speak(d.Newest)
		c.decided(part, d)
	}
	for rec := range part.Undecided {
		c.undecided(&rec)
	}
	if c.replay(); c.stopped {
		return false
	}
	files.Done(part.Left())
	return true
}

// room waits until there is room for copies of so many bytes, and reports whether the
// recovery goes on. What was left may take all of the files, packed: then as much is taken
// in at a time as the outlets deliver. Where nothing waits for them, it goes to memory.
func (c *recovering) room(bytes int) bool {
	for files := c.b.files; !c.stopped && !files.Fits(bytes); {
		free := files.Free()
		if c.makeRoom(); files.Free() > free {
			continue
		}
		if !c.b.awaitsOutlets() {
			break
		}
		select {
		case <-c.b.delivered:
		case <-c.r.Stop:
			c.stopped = true
		}
	}
	return !c.stopped
}

func (c *recovering) lookForStop() {
	select {
	case <-c.r.Stop:
		c.stopped = true
	default:
	}
}

// undecided adds a record to those that are replayed.
func (c *recovering) undecided(r *recovery.Record) {
	sig := signalOf(r.Kind)
	if r.Kind == kindCompanion || c.r.Outlets[sig] < 0 {
		s := &c.b.shards[0]
		s.mu.Lock()
		c.lose(s, r)
		s.mu.Unlock()
		return
	}
	var metadata *Envelope
	if resource := r.Envelope.Around; resource != nil {
		metadata = resource.Around
	}
	if n := len(c.batch); n > 0 && (n >= replayed || c.batch[0].Signal != sig || c.metadata != metadata || len(c.data)+len(r.Data) > cap(c.data)) {
		c.replay()
	}
	if c.stopped {
		return
	}
	if len(r.Data) > cap(c.data) {
		c.data = make([]byte, 0, max(len(r.Data), int(min(replayedBytes, c.b.files.Room()/64))))
	}
	start := len(c.data)
	c.data = append(c.data, r.Data...)
	c.metadata = metadata
	c.holds = append(c.holds, c.b.Share(r.Envelope))
	c.batch = append(c.batch, Record{Envelope: r.Envelope, Data: c.data[start:len(c.data):len(c.data)], Signal: sig, Outlet: uint8(c.r.Outlets[sig]), Origin: r.Origin})
}

// lose counts a record that goes nowhere, unless it only lay there for others. The locked
// shard notes it: the record may lie in a later segment than what is known of its trace,
// which is given back first.
func (c *recovering) lose(s *shard, r *recovery.Record) {
	s.void(r.Origin)
	if r.Kind != kindCompanion {
		c.n.Lost++
	}
}

// replay has the batch be decided on.
func (c *recovering) replay() {
	if len(c.batch) == 0 || !c.room(len(c.data)+len(c.batch)*indexed) {
		return
	}
	c.r.Held(c.batch[0].Signal, len(c.batch))
	c.r.Replay(c.batch[0].Signal, c.metadata, c.batch)
	c.n.Undecided[c.batch[0].Signal] += len(c.batch)
	c.b.Forget(c.holds)
	clear(c.batch)
	clear(c.holds)
	c.batch, c.holds, c.data = c.batch[:0], c.holds[:0], c.data[:0]
}

// makeRoom makes room for copies of what is left.
func (c *recovering) makeRoom() {
	var out Outcome
	c.b.MakeRoom(&out)
	c.r.CarryOut(&out)
}

// decided has a decided trace go on where it stood. Where that cannot be, because other
// items of it were faster, or the rules are others, what was dropped is decided on anew.
func (c *recovering) decided(part *recovery.Part, d *recovery.Decided) {
	if d.Standing == recovery.Undecided || d.Standing == recovery.Dropped && !c.reinstate(part, d) {
		part.Records(d, func(r recovery.Record, sent bool) {
			if wentOut(d, &r, sent) {
				r.Kind = kindCompanion // as which it goes nowhere
			}
			c.undecided(&r)
		})
		return
	}
	if d.Standing != recovery.Dropped {
		c.kept(part, d)
	}
}

// shardFor returns the shard of a trace that was left, locked, with an entry for it, which
// may be one that is no trace; nil if that must not be.
func (c *recovering) shardFor(d *recovery.Decided, orMade bool) (s *shard, e *entry) {
	s, key, high := c.b.shardOf(d.ID)
	s.mu.Lock()
	s.now = max(s.now, c.r.Now())
	if d.ID != [16]byte{} {
		if found, at, _ := s.table.Meet(key, high); found == nil {
			e = s.table.Insert(at, high)
			e.key = at
		}
	}
	if e == nil && orMade {
		e = s.make()
	}
	return s, e
}

// recall sets what was noted of the trace.
func (c *recovering) recall(s *shard, e *entry, d *recovery.Decided) {
	e.verdict = sampling.Packed(d.Packed)
	e.found = sampling.Finding{Key: d.Key, Facts: d.Facts, Match: sampling.Match(d.Match)}
	if d.Rules != s.rules {
		e.verdict, e.found = sampling.Verdict{Keep: true, Rule: sampling.NoRule}.Pack(), sampling.Finding{Match: s.policy.Default()}
	}
	e.rnd, _ = contrib.UnsignedToRandomness(d.Randomness)
	e.explicit, e.byHalf, e.restored = d.Explicit && d.Rules == s.rules, d.ByHalf, d.Restored
	e.waits = waitNone
}

// take has the entry hold the records of the trace that are wanted.
func (c *recovering) take(s *shard, e *entry, part *recovery.Part, d *recovery.Decided, wanted func(*recovery.Record, bool) bool) (n [signals]int) {
	part.Records(d, func(r recovery.Record, sent bool) {
		sig := signalOf(r.Kind)
		outlet := c.r.Outlets[sig]
		switch {
		case r.Kind != kindCompanion && outlet < 0:
			c.lose(s, &r)
			return
		case !wanted(&r, sent):
			s.void(r.Origin) // as in lose
			return
		}
		origin := r.Origin
		if r.Kind != kindCompanion {
			e.held[sig]++
			s.held[sig].Add(1)
			n[sig]++
		} else {
			outlet = max(0, outlet)
		}
		s.store(e, r.Kind, uint8(outlet), origin, r.Envelope, r.Data)
	})
	for sig := range n {
		c.r.Held(Signal(sig), n[sig])
	}
	return n
}

// reinstate has a trace that was dropped lie there for the hindsight again, and reports
// whether it does.
func (c *recovering) reinstate(part *recovery.Part, d *recovery.Decided) bool {
	if d.Rules != c.b.rules || c.b.opts.Hindsight <= 0 {
		return false
	}
	s, e := c.shardFor(d, false)
	defer s.mu.Unlock()
	if e == nil {
		return false
	}
	if v, ok := s.remembered(e.key, s.table.High(e.key)); ok && v.Keep {
		s.table.Remove(e.key)
		return false // late evidence came for it
	}
	c.recall(s, e, d)
	e.state = dropped
	s.begin(e, d.ID)
	n := c.take(s, e, part, d, func(*recovery.Record, bool) bool { return true })
	for sig := range n {
		c.n.Dropped[sig] += n[sig]
	}
	s.note(e, e.verdict.Unpack(), false)
	s.linger(e, dropped)
	s.report()
	return true
}

// wentOut reports whether the record of the trace was delivered. That may be known where the
// verdict is not, which lies at the beginning if the trace had moved.
func wentOut(d *recovery.Decided, r *recovery.Record, sent bool) bool {
	return sent || d.Delivered&(1<<signalOf(r.Kind)) != 0
}

// kept has a trace that was kept wait for its outlets again. What was delivered, or has
// passed, is there for the others' sake.
func (c *recovering) kept(part *recovery.Part, d *recovery.Decided) {
	var out Outcome
	s, e := c.shardFor(d, true)
	c.recall(s, e, d)
	e.state = leaving
	s.begin(e, d.ID)
	n := c.take(s, e, part, d, func(r *recovery.Record, sent bool) bool {
		if wentOut(d, r, sent) {
			if signalOf(r.Kind) == Log {
				return false
			}
			r.Kind = kindCompanion
		}
		return true
	})
	for sig := range n {
		c.n.Kept[sig] += n[sig]
		if d.Taken&(1<<sig) != 0 && d.Delivered&(1<<sig) == 0 {
			c.n.Redelivered[sig] += n[sig]
		}
	}
	if v := e.verdict.Unpack(); !e.made && v.Rule != sampling.NoRule {
		s.note(e, v, false)
	}
	switch {
	case d.Standing == recovery.Passing && !e.made:
		e.state = passing
		s.stands(e)
		s.wait(e, waitFull, s.now+s.opts.Wait)
	default:
		s.release(e, &out)
	}
	s.report()
	s.mu.Unlock()
	c.r.CarryOut(&out)
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"encoding/binary"
	"hash/fnv"

	"github.com/otelcol-correlation/correlationprocessor/internal/idtable"
	"github.com/otelcol-correlation/correlationprocessor/internal/recordlog"
	"github.com/otelcol-correlation/correlationprocessor/internal/recovery"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
	"github.com/otelcol-correlation/correlationprocessor/internal/storage"
)

// stored is what a buffer in a store has besides. Without one it is empty, and what is to
// be noted is not.
type stored struct {
	files *recordlog.Files
	left  []*recordlog.Left // by earlier processes, until Recover
	parts int               // of the files that were damaged as a whole
	fed   int               // verdicts remembered from before
	rules uint32            // tells the policy from others
	ring  *storage.Ring     // of verdicts that do not follow from the trace id
	// delivered tells a recovery that waits for room.
	delivered chan struct{}
}

// openStored has the buffer's logs lie in the store.
func (b *Buffer) openStored() {
	b.files, b.left, b.parts = recordlog.NewFiles(b.opts.Storage)
	b.memory, b.ring = b.opts.Storage.Memory(), b.opts.Storage.Verdicts()
	b.rules, b.delivered = fingerprint(b.policy), make(chan struct{}, 1)
	for i := range b.shards {
		b.shards[i].log = recordlog.NewStored(b.files, b.envelopes)
	}
	b.ring.Each(func(e *[storage.EntryBytes]byte) {
		if binary.LittleEndian.Uint32(e[16:]) != b.rules {
			return // of rules that are no more
		}
		s, key, high := b.shardOf([16]byte(e[:16]))
		v := sampling.Packed(binary.LittleEndian.Uint32(e[20:]))
		if v == 0 || int(v.Unpack().Rule) >= len(b.policy.Rules()) {
			return
		}
		s.special.put(key, idtable.Own(key, high), v.Unpack(), true)
		b.fed++
	})
}

// fingerprint tells policies apart whose verdicts mean different things.
func fingerprint(p *sampling.Policy) uint32 {
	h := fnv.New32a()
	var b []byte
	for _, r := range p.Rules() {
		b = append(b[:0], r.Name...)
		b = append(b, 0)
		b = binary.LittleEndian.AppendUint64(b, r.Threshold.Unsigned())
		b = binary.LittleEndian.AppendUint32(b, r.Needs)
		if r.Rate != nil {
			b = append(b, 1)
		}
		if r.Take != nil {
			b = append(b, 2)
		}
		_, _ = h.Write(b)
	}
	return h.Sum32()
}

// filled is the memory taken or, where the files are fuller than that, as much of the limit.
func (b *Buffer) filled() int64 { return max(b.Bytes(), b.ofFiles(0)) }

// ofFiles is as much of the limit of memory as is taken of the files, with so many bytes more.
func (b *shared) ofFiles(more int64) int64 {
	if b.files == nil {
		return 0
	}
	return b.scaled(b.files.Room() - b.files.Free() + more)
}

// scaled is as much of the limit of memory as the bytes are of the files.
func (b *shared) scaled(bytes int64) int64 {
	return int64(float64(bytes) / float64(b.files.Room()) * float64(b.opts.MaxBytes))
}

// byFiles reports whether it is the files that are short of room.
func (b *Buffer) byFiles() bool { return b.ofFiles(0) > b.Bytes() }

// Filed is how many bytes the records take of the store's files, 0 without one.
func (b *Buffer) Filed() (n int64) {
	b.eachShard(func(s *shard) { n += s.log.Usage().Filed })
	return n
}

// Spilled is how many bytes of memory were taken because the store's files, which there must
// be, were full: what lies there ends with the process.
func (b *Buffer) Spilled() int64 { return b.files.Spilled() }

// takes is what the shard takes of what is short: memory, or files.
func (s *shard) takes(u usage, byFiles bool) int64 {
	if byFiles {
		return s.scaled(u.log.Filed)
	}
	return u.memory
}

// putVerdict writes a verdict that does not follow from the id to the store.
func (s *shard) putVerdict(id [16]byte, v sampling.Verdict) {
	if s.files == nil || s.closed {
		return
	}
	var e [storage.EntryBytes]byte
	copy(e[:], id[:])
	binary.LittleEndian.PutUint32(e[16:], s.rules)
	binary.LittleEndian.PutUint32(e[20:], uint32(v.Pack()))
	s.ring.Put(&e)
}

// keepVerdict is putVerdict for a trace in the table.
func (s *shard) keepVerdict(e *entry, v sampling.Verdict) {
	if s.files != nil {
		s.putVerdict(s.idOf(e), v)
	}
}

// idOf is the id of a trace in a store, as far as it is known.
func (s *shard) idOf(e *entry) (id [16]byte) {
	copy(id[:], s.log.At(e.first).Data)
	binary.BigEndian.PutUint64(id[:8], s.table.High(e.key))
	return id
}

// begin notes that a trace begins. All that is noted here is noted in a store only.
func (s *shard) begin(e *entry, id [16]byte) {
	if s.files == nil {
		return
	}
	t := s.traceOf(e)
	t.ID = id
	s.beginAt(e, &t)
}

func (s *shard) beginAt(e *entry, t *recovery.Trace) {
	s.noting = t.AppendBegin(s.noting[:0])
	e.last = s.log.Append(0, recordlog.Note, recovery.Begin, 0, nil, s.noting)
	e.first = e.last
	s.lying.push(ticket{e.key, int64(e.first)})
}

// beginAnew has the records of a trace lie elsewhere from now on.
func (s *shard) beginAnew(e *entry) {
	if s.files == nil {
		e.first, e.last = 0, 0
		return
	}
	t := s.traceOf(e)
	if !e.made {
		t.ID = s.idOf(e)
	}
	s.beginAt(e, &t)
}

// traceOf is what there is to note of a trace.
func (s *shard) traceOf(e *entry) recovery.Trace {
	return recovery.Trace{
		Standing: [...]recovery.Standing{
			undecided: recovery.Undecided, passing: recovery.Passing, leaving: recovery.Leaving,
			dropped: recovery.Dropped, delivered: recovery.Leaving, parked: recovery.Undecided,
		}[e.state],
		Rules: s.rules, Packed: uint32(e.verdict), Randomness: e.rnd.Unsigned(),
		Key: e.found.Key, Facts: e.found.Facts, Match: uint16(e.found.Match),
		Explicit: e.explicit, ByHalf: e.byHalf, Restored: e.restored, Delivered: e.got,
	}
}

// stands notes where a decided trace stands from now on.
func (s *shard) stands(e *entry) {
	if s.files == nil {
		return
	}
	if e.state == delivered {
		s.sent(e)
		return
	}
	t := s.traceOf(e)
	s.noting = t.AppendVerdict(s.noting[:0])
	s.log.Append(e.last, recordlog.Note, recovery.Verdict, 0, nil, s.noting)
}

// sent notes that nothing of what a trace has until now is to go anywhere.
func (s *shard) sent(e *entry) {
	if s.files != nil {
		s.log.Append(e.last, recordlog.Note, recovery.Gone, 0, nil, nil)
	}
}

// ends notes that nothing of a trace is to go anywhere any more.
func (s *shard) ends(e *entry) {
	if e.records > 0 && e.state != delivered {
		s.sent(e)
	}
}

// noteOf notes what the outlet of a signal does with a trace.
func (s *shard) noteOf(e *entry, note uint8, sig Signal) {
	if s.files != nil {
		s.log.Append(e.last, recordlog.Note, note, 0, nil, []byte{byte(sig)})
	}
}

// void notes that an item that was left goes nowhere.
func (s *shard) void(origin Origin) {
	s.log.Append(0, recordlog.Note, recovery.Void, origin, nil, nil)
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin

package recordlog

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor/internal/storage"
)

// filesOf is a store in a directory of its own.
type filesOf struct {
	directory string
	store     *storage.Store
	files     *Files
	left      []*Left
	damaged   int
}

// shm is a directory in memory, where there is one.
func shm() string {
	if _, err := os.Stat("/dev/shm"); err == nil {
		return "/dev/shm"
	}
	return ""
}

func newFiles(t require.TestingT) *filesOf {
	directory, err := os.MkdirTemp(shm(), "recordlog")
	require.NoError(t, err)
	return openFiles(t, directory)
}

func openFiles(t require.TestingT, directory string) *filesOf {
	f := &filesOf{directory: directory}
	var err error
	f.store, err = storage.Open(storage.Options{Directory: directory, MaxBytes: storage.MinBytes, Warn: func(string, error) {}})
	require.NoError(t, err)
	f.files, f.left, f.damaged = NewFiles(f.store)
	return f
}

func (f *filesOf) close(t require.TestingT) {
	require.NoError(t, f.store.Close())
	require.NoError(t, os.RemoveAll(f.directory))
}

// killed returns the store as the next process finds it.
func (f *filesOf) killed(t require.TestingT, damage func(name string, b []byte) []byte) *filesOf {
	directory, err := os.MkdirTemp(shm(), "recordlog")
	require.NoError(t, err)
	for _, name := range []string{"records", "verdicts"} {
		b, err := os.ReadFile(filepath.Join(f.directory, name))
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(directory, name), damage(name, b), 0o600))
	}
	return openFiles(t, directory)
}

func whole(_ string, b []byte) []byte { return b }

// leftOne is a record as it was left.
type leftOne struct {
	log, number uint64
	record      int
	kind        uint8
	decided     bool
	outlet      uint8
	prev        Position
	origin      Origin
	around      string
	text        string
}

// read returns what was left, without the definitions of envelopes, and how many records
// are damaged.
func (f *filesOf) read() (all []leftOne, damaged int) {
	envelopes := NewEnvelopes()
	for _, s := range f.left {
		around := s.Envelopes(func(around *Envelope, content []byte) *Envelope { return envelopes.Intern(around, content, 0) })
		for i := range s.Count {
			e, ok := s.Entry(i)
			if !ok {
				damaged++
				continue
			}
			if e.Kind == Note && e.Outlet == defines {
				continue
			}
			r, ok := s.Record(i)
			if !ok || r.Envelope != 0 && around[r.Envelope] == nil {
				damaged++
				continue
			}
			one := leftOne{s.Log, s.Number, i, e.Kind, e.Decided, e.Outlet, 0, r.Origin, "", string(r.Data)}
			if e.Record >= 0 {
				one.prev = at(s.Number-e.Back, e.Record)
			}
			for a := around[r.Envelope]; a != nil; a = a.Around {
				one.around += a.Content + "/"
			}
			all = append(all, one)
		}
	}
	return all, damaged
}

// What is in the logs of a store is there when the process has ended, whenever that was,
// with its links, its origins and what is around it; what was given back is not. Whatever
// is damaged after that, all that is found is as it was written, and the slots that are
// free can be used.
func TestWhatIsLeftIsWhatWasHeld(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		f := newFiles(t)
		defer f.close(t)
		envelopes := NewEnvelopes()
		var logs [2]Log
		var models [2][]leftOne
		var around []*Envelope
		for n := range 4 {
			var in *Envelope
			if n > 1 {
				in = around[n-2]
			}
			around = append(around, envelopes.Intern(in, fmt.Appendf(nil, "%d%s", n, make([]byte, n*500)), 0))
		}
		for i := range logs {
			logs[i] = NewStored(f.files, envelopes)
		}
		which := func(t *rapid.T) (*Log, *[]leftOne) {
			i := rapid.IntRange(0, 1).Draw(t, "log")
			return &logs[i], &models[i]
		}
		t.Repeat(map[string]func(*rapid.T){
			"append": func(t *rapid.T) {
				l, model := which(t)
				n := rapid.SampledFrom([]int{0, 1, 100, 5000, 20_000}).Draw(t, "size")
				one := leftOne{log: l.id, kind: uint8(rapid.IntRange(0, 3).Draw(t, "kind")), decided: rapid.Bool().Draw(t, "decided"), outlet: uint8(rapid.IntRange(1, 255).Draw(t, "outlet")), text: fmt.Sprintf("%d:%s", len(*model), make([]byte, n))}
				var env *Envelope
				if one.kind != Note {
					env = around[rapid.IntRange(0, len(around)-1).Draw(t, "envelope")]
				} else {
					one.decided = false
				}
				for a := env; a != nil; a = a.Around {
					one.around += a.Content + "/"
				}
				if len(*model) > 0 {
					p := (*model)[rapid.IntRange(0, len(*model)-1).Draw(t, "prev")]
					one.prev = at(p.number, p.record)
					if rapid.Bool().Draw(t, "copy") {
						one.origin = l.OriginOf(one.prev)
					}
				}
				kind := one.kind
				if one.decided {
					kind |= Decided
				}
				if !l.CanHold(len(one.text), env) {
					return
				}
				p := l.Append(one.prev, kind, one.outlet, one.origin, env, []byte(one.text))
				one.number, one.record = p.segment(), p.record()
				*model = append(*model, one)
			},
			"release": func(t *rapid.T) {
				l, model := which(t)
				n := rapid.IntRange(0, len(*model)).Draw(t, "n")
				if n == len(*model) {
					l.Release(l.End())
					*model = nil
					return
				}
				l.Release(at((*model)[n].number, (*model)[n].record))
				for len(*model) > 0 && (*model)[0].number < l.base {
					*model = (*model)[1:]
				}
			},
			"pack": func(t *rapid.T) {
				l, _ := which(t)
				l.Pack()
			},
			"kill": func(t *rapid.T) {
				if rapid.IntRange(0, 3).Draw(t, "really") > 0 {
					return
				}
				next := f.killed(t, whole)
				defer next.close(t)
				got, damaged := next.read()
				require.Zero(t, damaged+next.damaged)
				require.Equal(t, append(append([]leftOne(nil), models[0]...), models[1]...), got)
				require.LessOrEqual(t, f.store.Memory().Free(), next.store.Memory().Free())
				for order := range next.left {
					for _, s := range next.left {
						if s.Order == order {
							next.files.Done(s)
						}
					}
				}
				require.Equal(t, len(next.store.Slots())/next.store.SlotBytes(), next.store.Memory().Free())
			},
			"damage": func(t *rapid.T) {
				seed := rapid.Uint64().Draw(t, "seed")
				if seed%4 > 0 {
					return
				}
				next := f.killed(t, damageOf(seed, f.store.SlotBytes()))
				defer next.close(t)
				written := map[leftOne]bool{}
				for _, m := range models {
					for _, one := range m {
						written[one] = true
					}
				}
				got, _ := next.read()
				for _, one := range got {
					if !written[one] {
						// Who does not know that it was given back finds it again.
						require.Less(t, one.number, logOf(&logs, one.log).base, "%d:%d of %d", one.number, one.record, one.log)
					}
				}
				l := NewStored(next.files, envelopes)
				for l.CanHold(1000, around[0]) {
					l.Append(0, 1, 1, 0, around[0], make([]byte, 1000))
				}
				require.Zero(t, next.files.Spilled())
			},
			"": func(t *rapid.T) { require.Zero(t, f.files.Spilled()) },
		})
	})
}

// A note of a record that lies too far back for a link names it all the same.
func TestANoteReachesFar(t *testing.T) {
	f := newFiles(t)
	defer f.close(t)
	f.files.Reach = 2
	envelopes := NewEnvelopes()
	around := envelopes.Intern(nil, []byte("around"), 0)
	l := NewStored(f.files, envelopes)
	first := l.Append(0, 1, 1, 0, around, nil)
	for segment := uint64(0); segment < 3; segment = l.End().segment() - 1 - first.segment() {
		l.Append(first, Note, 2, 0, nil, []byte{byte(segment)})
		l.Append(0, 1, 1, 0, around, make([]byte, 3000))
	}
	l.Append(first, Note, 2, 0, nil, []byte{3})
	next := f.killed(t, whole)
	defer next.close(t)
	notes := 0
	for _, s := range next.left {
		for i := range s.Count {
			e, ok := s.Entry(i)
			require.True(t, ok)
			if e.Kind != Note || e.Outlet != 2 {
				continue
			}
			notes++
			r, ok := s.Record(i)
			require.True(t, ok)
			if e.Far {
				require.Equal(t, byte(3), r.Data[0])
				require.Equal(t, l.OriginOf(first), r.Origin)
				require.Equal(t, -1, e.Record)
			} else {
				require.Less(t, r.Data[0], byte(3))
				require.Equal(t, first, at(s.Number-e.Back, e.Record))
			}
		}
	}
	require.GreaterOrEqual(t, notes, 4)
}

// A segment that was packed, and a kill came before the unpacked one was given back, is
// found once, now and later.
func TestASegmentIsFoundOnce(t *testing.T) {
	f := newFiles(t)
	defer f.close(t)
	envelopes := NewEnvelopes()
	around := envelopes.Intern(nil, []byte("around"), 0)
	l := NewStored(f.files, envelopes)
	for range 10 {
		l.Append(0, 1, 1, 0, around, make([]byte, 1000))
	}
	before := *l.segments[len(l.segments)-2].stored
	l.Pack()
	require.NotEmpty(t, l.segments[len(l.segments)-2].blocks)
	atomic.StoreUint32(before.state, published(l.segments[len(l.segments)-2].count))
	for range 2 {
		next := f.killed(t, whole)
		require.Len(t, next.left, len(l.segments))
		for order := range next.left {
			for _, s := range next.left {
				if s.Order == order {
					next.files.Done(s)
				}
			}
		}
		again := next.killed(t, whole)
		require.Empty(t, again.left)
		again.close(t)
		next.close(t)
	}
}

func logOf(logs *[2]Log, id uint64) *Log {
	if logs[1].id == id {
		return &logs[1]
	}
	return &logs[0]
}

// damageOf returns a function that flips bits of what lies in slots, swaps slots and cuts
// the file.
func damageOf(seed uint64, slot int) func(string, []byte) []byte {
	rng := rand.New(rand.NewPCG(seed, 1))
	return func(name string, b []byte) []byte {
		if name != "records" {
			return b
		}
		slots := b[4096:]
		n := len(slots) / slot
		used := min(n, 20)
		for range rng.IntN(20) {
			at := rng.IntN(used) * slot
			at += rng.IntN(1 << rng.IntN(13))
			slots[at] ^= 1 << rng.IntN(8)
		}
		if rng.IntN(2) == 0 {
			x, y := slots[rng.IntN(used)*slot:][:slot], slots[rng.IntN(used)*slot:][:slot]
			for i := range x {
				x[i], y[i] = y[i], x[i]
			}
		}
		if rng.IntN(3) == 0 {
			b = b[:4096+rng.IntN(used*slot)+1]
		}
		return b
	}
}

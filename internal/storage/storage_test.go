// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin

package storage

import (
	"encoding/binary"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// opened opens the directory. What it warns of is added to the list.
func opened(t require.TestingT, directory string, size int64, warned *[]string) *Store {
	s, err := Open(Options{Directory: directory, MaxBytes: size, Warn: func(text string, err error) {
		*warned = append(*warned, text+": "+err.Error())
	}})
	require.NoError(t, err)
	return s
}

// What is written to a slot and to the ring is there for the next one who opens the
// directory, which is nobody else's to read.
func TestWhatIsWrittenStays(t *testing.T) {
	directory := filepath.Join(t.TempDir(), "a", "b")
	var warned []string
	s := opened(t, directory, 1<<20, &warned)
	nonce, piece := s.Nonce(), s.Memory().Get(1)
	require.Len(t, piece, s.SlotBytes())
	copy(piece, "held")
	s.Verdicts().Put(&[EntryBytes]byte{7})
	require.NoError(t, s.Sync())
	total := int64(0)
	for _, name := range []string{"lock", "records", "verdicts"} {
		info, err := os.Stat(filepath.Join(directory, name))
		require.NoError(t, err)
		require.EqualValues(t, 0o600, info.Mode().Perm())
		total += info.Size()
		if name == "records" {
			require.GreaterOrEqual(t, info.Sys().(*syscall.Stat_t).Blocks*512, info.Size(), "the room is set aside")
		}
	}
	require.LessOrEqual(t, total, int64(1<<20))
	info, err := os.Stat(directory)
	require.NoError(t, err)
	require.EqualValues(t, 0o700, info.Mode().Perm())
	require.NoError(t, s.Close())

	s = opened(t, directory, 1<<20, &warned)
	require.Equal(t, nonce, s.Nonce())
	require.Equal(t, "held", string(s.Slots()[:4]))
	var entries []byte
	s.Verdicts().Each(func(e *[EntryBytes]byte) { entries = append(entries, e[0]) })
	require.Equal(t, []byte{7}, entries)
	require.NoError(t, s.Close())
	require.Empty(t, warned)
}

// The second one is told whose the directory is.
func TestOneHasTheDirectory(t *testing.T) {
	directory := t.TempDir()
	var warned []string
	s := opened(t, directory, 1<<20, &warned)
	_, err := Open(Options{Directory: directory, MaxBytes: 1 << 20})
	require.ErrorIs(t, err, ErrLocked)
	require.ErrorContains(t, err, "process ")
	require.NoError(t, s.Close())
	s = opened(t, directory, 1<<20, &warned)
	require.NoError(t, s.Close())
}

// A file of another version, and one that is damaged, is set aside and told of; the store
// is good for use.
func TestWhatCannotBeUsedIsSetAside(t *testing.T) {
	for name, damage := range map[string]func([]byte) []byte{
		"another version": func(b []byte) []byte { b[8]++; return sealed(b) },
		"damaged":         func(b []byte) []byte { b[20]++; return b },
		"cut":             func(b []byte) []byte { return b[:20] },
		"cut at the head": func(b []byte) []byte { return b[:headerBytes] },
		"nonsense":        func(b []byte) []byte { return []byte(strings.Repeat("nonsense", len(b)/8)) },
		"of another kind": func(b []byte) []byte { b[12] ^= 3; return sealed(b) },
	} {
		t.Run(name, func(t *testing.T) {
			directory := t.TempDir()
			var warned []string
			s := opened(t, directory, 1<<20, &warned)
			require.NoError(t, s.Close())
			path := filepath.Join(directory, "records")
			b, err := os.ReadFile(path)
			require.NoError(t, err)
			b = damage(b)
			require.NoError(t, os.WriteFile(path, b, 0o600))
			s = opened(t, directory, 1<<20, &warned)
			require.Len(t, warned, 1)
			require.Contains(t, warned[0], path)
			require.Equal(t, 1, s.Damaged())
			aside, err := os.ReadFile(path + ".bad")
			require.NoError(t, err)
			require.Equal(t, b, aside)
			require.NotNil(t, s.Memory().Get(1))
			require.NoError(t, s.Close())
		})
	}
}

// disk is a device of so many bytes, for one directory.
type disk struct {
	directory string
	bytes     int64
}

func (d disk) allocate(f *os.File, offset, n int64) error {
	names, err := filepath.Glob(filepath.Join(d.directory, "*"))
	if err != nil {
		return err
	}
	total := offset + n
	for _, name := range names {
		if info, err := os.Stat(name); err == nil && name != f.Name() {
			total += info.Size()
		}
	}
	if total > d.bytes {
		return syscall.ENOSPC
	}
	return allocate(f, offset, n)
}

// What was set aside goes where there is no room for both it and a new file, be it now or at
// a later start that needs more; what is whole does not.
func TestWhatWasSetAsideGivesWay(t *testing.T) {
	directory := t.TempDir()
	var warned []string
	of := func(diskBytes, size int64) (*Store, error) {
		warned = nil
		return open(Options{Directory: directory, MaxBytes: size, Warn: func(text string, err error) {
			warned = append(warned, text+": "+err.Error())
		}}, disk{directory, diskBytes}.allocate)
	}
	records := filepath.Join(directory, "records")
	damage := func() {
		b, err := os.ReadFile(records)
		require.NoError(t, err)
		b[20]++
		require.NoError(t, os.WriteFile(records, b, 0o600))
	}
	const size = 1 << 20
	s, err := of(size, size)
	require.NoError(t, err)
	require.NoError(t, s.Close())
	damage()
	s, err = of(size+size/2, size)
	require.NoError(t, err)
	require.Equal(t, 1, s.Damaged())
	require.Len(t, warned, 2)
	require.Contains(t, warned[1], records+".bad")
	require.NoFileExists(t, records+".bad")
	require.NotNil(t, s.Memory().Get(1))
	require.NoError(t, s.Close())

	damage()
	s, err = of(3*size, size)
	require.NoError(t, err)
	require.Len(t, warned, 1)
	require.FileExists(t, records+".bad", "there is room")
	copy(s.Memory().Get(1), "held")
	require.NoError(t, s.Close())
	s, err = of(2*size+size/2, 2*size)
	require.NoError(t, err)
	require.Zero(t, s.Damaged())
	require.Len(t, warned, 1)
	require.NoFileExists(t, records+".bad")
	require.Equal(t, "held", string(s.Slots()[:4]))
	require.NoError(t, s.Close())

	// A copy of the directory may be smaller than what it has to become.
	_, err = of(size, 2*size)
	require.ErrorContains(t, err, "cannot set aside")
	require.Empty(t, warned)
	s, err = of(3*size, 2*size)
	require.NoError(t, err)
	require.Equal(t, "held", string(s.Slots()[:4]))
	require.NoError(t, s.Close())
}

// sealed gives a header the right checksum.
func sealed(b []byte) []byte {
	f := file{data: b}
	binary.LittleEndian.PutUint32(b[40:], sum(f.data[:40]))
	return b
}

// A store may be given another size: what lies in it stays, and what is too much is cut
// off when nothing lies there.
func TestAnotherSize(t *testing.T) {
	directory := t.TempDir()
	var warned []string
	s := opened(t, directory, 1<<20, &warned)
	copy(s.Memory().Get(1), "held")
	require.NoError(t, s.Close())
	for _, size := range []int64{8 << 20, 64 << 20, 4 << 20, 1 << 20} {
		s = opened(t, directory, size, &warned)
		require.Equal(t, "held", string(s.Slots()[:4]))
		require.LessOrEqual(t, s.Bytes(), size)
		require.Greater(t, s.Bytes(), size*9/10)
		n := int64(0)
		for s.Memory().Get(1) != nil {
			n++
		}
		require.Equal(t, n*int64(s.SlotBytes()), s.Bytes())
		require.NoError(t, s.Trim())
		info, err := os.Stat(filepath.Join(directory, "records"))
		require.NoError(t, err)
		require.Equal(t, s.Bytes()+headerBytes, info.Size())
		require.NoError(t, s.Close())
	}
	require.Empty(t, warned)
}

// What has no room is told at start.
func TestNoRoom(t *testing.T) {
	_, err := Open(Options{Directory: t.TempDir(), MaxBytes: 1 << 60})
	require.ErrorContains(t, err, "cannot set aside")
	_, err = Open(Options{Directory: t.TempDir(), MaxBytes: 100})
	require.ErrorContains(t, err, "too few")
}

// The ring has what was put last, in order, however often it went round and was opened
// again, but for what was damaged.
func TestRingHasTheLastEntries(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		data := make([]byte, entryBytes*rapid.IntRange(1, 9).Draw(t, "entries"))
		r := newRing(data, 77)
		var model []byte
		n := byte(0)
		t.Repeat(map[string]func(*rapid.T){
			"put": func(*rapid.T) {
				n++
				r.Put(&[EntryBytes]byte{n})
				if model = append(model, n); len(model) > int(r.len()) {
					model = model[1:]
				}
			},
			"open": func(t *rapid.T) {
				entries := func() (got []byte) {
					r = newRing(data, 77)
					r.Each(func(e *[EntryBytes]byte) { got = append(got, e[0]) })
					return got
				}
				i := rapid.IntRange(0, len(data)-1).Draw(t, "byte")
				data[i]++
				damaged := entries()
				data[i]--
				require.Subset(t, model, damaged)
				require.GreaterOrEqual(t, len(damaged), len(model)-1)
				require.Equal(t, model, entries())
			},
		})
	})
}

// Numbers go round.
func TestRingGoesOnBeyond32Bits(t *testing.T) {
	data := make([]byte, entryBytes*7)
	r := newRing(data, 1)
	r.next.Store(1<<32 - 3)
	for n := range byte(9) {
		r.Put(&[EntryBytes]byte{n + 1})
	}
	var got []byte
	newRing(data, 1).Each(func(e *[EntryBytes]byte) { got = append(got, e[0]) })
	require.Equal(t, []byte{3, 4, 5, 6, 7, 8, 9}, got)
	newRing(data, 2).Each(func(*[EntryBytes]byte) { t.Error("of another file") })
}

// Whatever the files have, a directory opens, and what it hands out can be written to.
func FuzzOpen(f *testing.F) {
	f.Add(uint64(1), uint8(3))
	f.Fuzz(func(t *testing.T, seed uint64, flips uint8) {
		rng := rand.New(rand.NewPCG(seed, 0))
		directory := t.TempDir()
		var warned []string
		s := opened(t, directory, MinBytes, &warned)
		require.NoError(t, s.Close())
		for _, name := range []string{"records", "verdicts"} {
			path := filepath.Join(directory, name)
			b, err := os.ReadFile(path)
			require.NoError(t, err)
			for range flips {
				b[rng.IntN(min(len(b), 1<<rng.IntN(20)))] ^= 1 << rng.IntN(8)
			}
			if rng.IntN(3) == 0 {
				b = b[:rng.IntN(len(b))]
			}
			require.NoError(t, os.WriteFile(path, b, 0o600))
		}
		s = opened(t, directory, MinBytes, &warned)
		s.Verdicts().Each(func(*[EntryBytes]byte) {})
		s.Verdicts().Put(&[EntryBytes]byte{1})
		for p := s.Memory().Get(1); p != nil; p = s.Memory().Get(1) {
			p[len(p)-1]++
		}
		require.NoError(t, s.Close())
	})
}

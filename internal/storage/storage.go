// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"errors"
	"fmt"
	"math/bits"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"

	"github.com/otelcol-correlation/correlationprocessor/internal/mapped"
)

// Options say where a store lies and how large it is.
type Options struct {
	// Directory is made if it is not there.
	Directory string
	// MaxBytes is what all files take together, at least MinBytes. What is set aside lies
	// beside them as long as the device has room for both.
	MaxBytes int64
	// Warn tells of what is set aside. It must not be nil.
	Warn func(text string, err error)
}

// MinBytes is the least that a store may have.
const MinBytes = 1 << 20

// Store is a directory with files that are mapped. Its methods are safe for concurrent use.
type Store struct {
	directory string
	allocate  allocator
	lock      *os.File
	records   *file
	memory    *mapped.Memory
	verdicts  *file
	ring      *Ring
	damaged   int
	next      atomic.Uint64
	over      int // slots at the end of the file that are more than there should be
}

// ErrLocked is returned by Open where another process has the directory.
var ErrLocked = errors.New("the directory is in use")

// ringShare is the part of the files that verdicts take.
const ringShare = 32

// Open opens the directory, or makes it, with room for so many bytes, all of which it sets
// aside. Its error tells who has the directory (ErrLocked), that there is no room, or that
// this system maps no files (errors.ErrUnsupported).
func Open(o Options) (*Store, error) { return open(o, allocate) }

func open(o Options, allocate allocator) (*Store, error) {
	if err := os.MkdirAll(o.Directory, 0o700); err != nil {
		return nil, err
	}
	s := &Store{directory: o.Directory, allocate: allocate}
	var err error
	if s.lock, err = lock(filepath.Join(o.Directory, "lock")); err != nil {
		return nil, err
	}
	if err = s.openFiles(&o); isFull(err) && s.deleteAside(&o) {
		_ = s.closeFiles()
		err = s.openFiles(&o)
	}
	if err != nil {
		_ = s.Close()
		return nil, err
	}
	return s, nil
}

// isFull reports whether the error is that the device, or the user's part of it, is full.
func isFull(err error) bool {
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}

// deleteAside deletes the files that were set aside, now or by an earlier process, and
// reports whether there were any: to start is worth more than what they have.
func (s *Store) deleteAside(o *Options) (deleted bool) {
	for _, name := range []string{"records", "verdicts"} {
		path := filepath.Join(s.directory, name+asideSuffix)
		if os.Remove(path) == nil {
			o.Warn("a file that was set aside is deleted: "+path, errors.New("there is no room beside it"))
			deleted = true
		}
	}
	return deleted
}

func (s *Store) openFiles(o *Options) (err error) {
	ring := max(o.MaxBytes/ringShare, 2*headerBytes)
	slot := slotSize(o.MaxBytes)
	slots := (o.MaxBytes - ring - 2*headerBytes) / int64(slot)
	if slots < 8 {
		return fmt.Errorf("%d bytes are too few: at least %d", o.MaxBytes, MinBytes)
	}
	if s.verdicts, err = s.open(o, "verdicts", layout{kindVerdicts, entryBytes, (ring - headerBytes) / entryBytes}); err != nil {
		return err
	}
	if s.records, err = s.open(o, "records", layout{kindRecords, int64(slot), slots}); err != nil {
		return err
	}
	if have := s.records.layout; have.unit != int64(slot) { // made for another size
		slots = (o.MaxBytes - ring - 2*headerBytes) / have.unit
		if err := s.records.grow(slots); err != nil {
			return err
		}
	}
	s.over = int(max(0, s.records.units-slots))
	s.memory = mapped.Over(s.records.data[headerBytes:], int(s.records.unit))
	s.memory.Reserve(int(s.records.units)-s.over, s.over)
	s.ring = newRing(s.verdicts.data[headerBytes:], s.verdicts.nonce)
	return nil
}

// slotSize is how large slots are: a power of two, so that there are about a thousand, but
// neither tiny nor huge.
func slotSize(limit int64) int {
	return int(min(max(int64(1)<<bits.Len64(uint64(limit>>11)), 4<<10), 256<<10))
}

// Directory is where the store lies.
func (s *Store) Directory() string { return s.directory }

// Memory hands out the slots of the records.
func (s *Store) Memory() *mapped.Memory { return s.memory }

// Slots is the file of the records as it lies, without its header, of slots of SlotBytes.
func (s *Store) Slots() []byte { return s.records.data[headerBytes:] }

// SlotBytes is how large a slot is.
func (s *Store) SlotBytes() int { return int(s.records.unit) }

// Bytes is how many bytes the slots have that may be taken.
func (s *Store) Bytes() int64 { return (s.records.units - int64(s.over)) * s.records.unit }

// Nonce is a number that no other file has, and nobody outside knows.
func (s *Store) Nonce() uint64 { return s.records.nonce }

// Verdicts is the ring of verdicts.
func (s *Store) Verdicts() *Ring { return s.ring }

// Damaged is how many files were set aside.
func (s *Store) Damaged() int { return s.damaged }

// Number returns a number that is larger than all before, and than that of Past.
func (s *Store) Number() uint64 { return s.next.Add(1) }

// Past says that numbers up to n have been given in the past.
func (s *Store) Past(n uint64) { s.next.Store(max(s.next.Load(), n)) }

// Sync returns when the device has what was written before.
func (s *Store) Sync() error {
	return errors.Join(s.records.sync(), s.verdicts.sync())
}

// Trim cuts off what the file of records has too much since it was made for a larger
// size, if nothing lies there. Nobody may be about to read it.
func (s *Store) Trim() error {
	if s.over == 0 {
		return nil
	}
	over := s.over
	s.over = 0
	return s.records.cut(s.records.units - int64(over))
}

// Close gives the directory back. Nothing that the store handed out may be touched from
// then on.
func (s *Store) Close() error { return errors.Join(s.closeFiles(), unlock(s.lock)) }

func (s *Store) closeFiles() error {
	return errors.Join(s.records.close(), s.verdicts.close())
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
)

// layout is what a file is made of: a header and units of one size.
type layout struct {
	kind  uint32
	unit  int64
	units int64
}

const (
	kindRecords  = 1
	kindVerdicts = 2
)

func (l layout) bytes() int64 { return headerBytes + l.unit*l.units }

// file is a file that is mapped as a whole.
type file struct {
	layout
	nonce    uint64
	handle   *os.File
	data     []byte
	allocate allocator
}

// allocator has a file have so many bytes from the offset on, with room on the device.
type allocator func(f *os.File, offset, n int64) error

// The header: magic, version, kind, unit, units, nonce, and the checksum of those.
const (
	headerBytes = 4 << 10
	headerUsed  = 44
	magic       = "otelcorr"
	version     = 1
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

func sum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

func (f *file) writeHeader() {
	h := f.data[:headerUsed]
	copy(h, magic)
	binary.LittleEndian.PutUint32(h[8:], version)
	binary.LittleEndian.PutUint32(h[12:], f.kind)
	binary.LittleEndian.PutUint64(h[16:], uint64(f.unit))
	binary.LittleEndian.PutUint64(h[24:], uint64(f.units))
	binary.LittleEndian.PutUint64(h[32:], f.nonce)
	binary.LittleEndian.PutUint32(h[40:], sum(h[:40]))
}

// Why a file is not used.
var (
	errVersion = errors.New("it was written by another version")
	errDamaged = errors.New("it is damaged")
)

// readHeader reads the header of a file of so many bytes.
func (f *file) readHeader(h []byte, size int64) error {
	if string(h[:8]) != magic || sum(h[:40]) != binary.LittleEndian.Uint32(h[40:]) {
		return errDamaged
	}
	if binary.LittleEndian.Uint32(h[8:]) != version {
		return errVersion
	}
	f.unit, f.units = int64(binary.LittleEndian.Uint64(h[16:])), int64(binary.LittleEndian.Uint64(h[24:]))
	f.nonce = binary.LittleEndian.Uint64(h[32:])
	if binary.LittleEndian.Uint32(h[12:]) != f.kind || f.unit <= 0 || f.units <= 0 {
		return errDamaged
	}
	// A file that was cut, or that was about to grow, has the units that lie in it whole.
	f.units = min(f.units, (size-headerBytes)/f.unit)
	if f.units <= 0 {
		return errDamaged
	}
	return nil
}

// open maps the file of the name, with at least as many units as wanted. It is made if it
// is not there, and set aside if it cannot be used.
func (s *Store) open(o *Options, name string, want layout) (*file, error) {
	path := filepath.Join(s.directory, name)
	f := &file{layout: want, allocate: s.allocate}
	var err error
	if f.handle, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600); err != nil {
		return nil, err
	}
	info, err := f.handle.Stat()
	if err != nil {
		return nil, errors.Join(err, f.handle.Close())
	}
	if info.Size() == 0 {
		err = f.make(want)
		return f, err
	}
	if err = f.read(info.Size()); err == nil || isFull(err) {
		if err == nil && f.unit == want.unit {
			err = f.grow(want.units)
		}
		if err != nil {
			return nil, errors.Join(err, f.close())
		}
		return f, nil
	}
	_ = f.close()
	aside := setAside(path)
	s.damaged++
	o.Warn("a file of the storage is not used: "+path, fmt.Errorf("%w; it is now %s, and what it had is lost", err, aside))
	f = &file{allocate: s.allocate}
	if f.handle, err = os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600); err != nil {
		return nil, err
	}
	err = f.make(want)
	return f, err
}

// asideSuffix is what the name of a file gets that is set aside.
const asideSuffix = ".bad"

// setAside gives the file another name, of which there is one: to keep more would fill
// the disk.
func setAside(path string) string {
	aside := path + asideSuffix
	if os.Rename(path, aside) != nil {
		_ = os.Remove(path)
	}
	return aside
}

// make makes the file. The error says that it has no room.
func (f *file) make(want layout) error {
	f.layout = want
	err := f.allocate(f.handle, 0, f.bytes())
	if err == nil {
		f.data, err = mapFile(f.handle, f.bytes())
	}
	if err != nil {
		err = fmt.Errorf("cannot set aside %d bytes for %s: %w", f.bytes(), f.handle.Name(), err)
		_ = os.Remove(f.handle.Name())
		return errors.Join(err, f.close())
	}
	var nonce [8]byte
	_, _ = rand.Read(nonce[:]) // never fails
	f.nonce = binary.LittleEndian.Uint64(nonce[:])
	f.writeHeader()
	return nil
}

// read maps a file of so many bytes that was made before.
func (f *file) read(size int64) error {
	var h [headerUsed]byte
	if _, err := f.handle.ReadAt(h[:], 0); err != nil {
		return errDamaged
	}
	if err := f.readHeader(h[:], size); err != nil {
		return err
	}
	// Holes that somebody made are filled, or a full disk would end the process.
	if err := f.allocate(f.handle, 0, f.bytes()); err != nil {
		return fmt.Errorf("cannot set aside %d bytes for %s: %w", f.bytes(), f.handle.Name(), err)
	}
	var err error
	f.data, err = mapFile(f.handle, f.bytes())
	return err
}

// grow has the file have at least so many units.
func (f *file) grow(units int64) error {
	if units <= f.units {
		return nil
	}
	more := f.layout
	more.units = units
	if err := f.allocate(f.handle, f.bytes(), more.bytes()-f.bytes()); err != nil {
		return fmt.Errorf("cannot set aside %d bytes more for %s: %w", more.bytes()-f.bytes(), f.handle.Name(), err)
	}
	if err := unmap(f.data); err != nil {
		return err
	}
	f.data = nil
	data, err := mapFile(f.handle, more.bytes())
	if err != nil {
		return err
	}
	f.layout, f.data = more, data
	f.writeHeader()
	return nil
}

// cut has the file have so many units, and no more. What lies behind stays mapped, and
// must not be touched.
func (f *file) cut(units int64) error {
	f.units = units
	f.writeHeader()
	return f.handle.Truncate(f.bytes())
}

// sync returns when the device has what is in the file.
func (f *file) sync() error { return flush(f.data[:f.bytes()]) }

// close closes a file, which may be nil.
func (f *file) close() error {
	if f == nil {
		return nil
	}
	var err error
	if f.data != nil {
		err = unmap(f.data)
		f.data = nil
	}
	return errors.Join(err, f.handle.Close())
}

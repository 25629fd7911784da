// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin

package storage

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// lock opens the file and holds a lock on it until unlock, or the end of the process.
func lock(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		if errors.Is(err, unix.EWOULDBLOCK) {
			whose, _ := io.ReadAll(io.LimitReader(f, 256))
			err = fmt.Errorf("%w by %s", ErrLocked, strings.TrimSpace(string(whose)))
		}
		return nil, errors.Join(err, f.Close())
	}
	host, _ := os.Hostname()
	if err = f.Truncate(0); err == nil {
		_, err = f.WriteAt(fmt.Appendf(nil, "process %d on %s\n", os.Getpid(), host), 0)
	}
	if err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// unlock ends the lock.
func unlock(f *os.File) error { return f.Close() }

func mapFile(f *os.File, n int64) ([]byte, error) {
	return unix.Mmap(int(f.Fd()), 0, int(n), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
}

func unmap(data []byte) error { return unix.Munmap(data) }

func flush(data []byte) error { return unix.Msync(data, unix.MS_SYNC) }

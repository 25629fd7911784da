// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// allocate has the file have so many bytes from the offset on, with room on the device.
func allocate(f *os.File, offset, n int64) error {
	for {
		err := unix.Fallocate(int(f.Fd()), 0, offset, n)
		switch {
		case err == nil:
			return nil
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EOPNOTSUPP):
			return fill(f, offset, n)
		default:
			return err
		}
	}
}

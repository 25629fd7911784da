// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin

package storage

import "os"

// fill has the file have so many bytes from the offset on, by writing zeros where it ends
// before.
func fill(f *os.File, offset, n int64) error {
	info, err := f.Stat()
	if err != nil {
		return err
	}
	zeros := make([]byte, min(n, 1<<20))
	for at := max(offset, info.Size()); at < offset+n; {
		k, err := f.WriteAt(zeros[:min(int64(len(zeros)), offset+n-at)], at)
		if err != nil {
			return err
		}
		at += int64(k)
	}
	return nil
}

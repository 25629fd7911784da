// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin

package mapped

import "golang.org/x/sys/unix"

// reserve maps n bytes without asking the system to set memory aside for them.
func reserve(n int) ([]byte, error) {
	return unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE|unix.MAP_NORESERVE)
}

// giveBack lets the system take the memory behind whole pages; they stay mapped.
func giveBack(pages []byte) { _ = unix.Madvise(pages, unix.MADV_DONTNEED) }

func release(all []byte) error { return unix.Munmap(all) }

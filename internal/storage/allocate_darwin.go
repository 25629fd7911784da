// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package storage

import "os"

// allocate has the file have so many bytes from the offset on, with room on the device.
func allocate(f *os.File, offset, n int64) error { return fill(f, offset, n) }

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package logtrace

import "unsafe"

// borrow looks at bytes as a string without a copy. It is right only while the bytes do not change
// and nothing keeps the string; a Finder keeps values, not the texts they stood in.
func borrow(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

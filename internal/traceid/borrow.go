// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

import "unsafe"

// borrow looks at bytes as a string without a copy. It is right only while the bytes do not change
// and nothing keeps the string, which holds for all parsers here: they return values.
func borrow(b []byte) string { return unsafe.String(unsafe.SliceData(b), len(b)) }

// borrowBytes looks at a string as bytes, for readers that do not write to them.
func borrowBytes(s string) []byte { return unsafe.Slice(unsafe.StringData(s), len(s)) }

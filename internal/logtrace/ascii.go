// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package logtrace

func isDigit(c byte) bool { return c-'0' < 10 }

// isLetter reports whether a byte is a letter of ASCII, of either case.
func isLetter(c byte) bool { return c|0x20-'a' < 26 }

func isBlank(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

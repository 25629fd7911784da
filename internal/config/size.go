// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"
)

// ByteSize is a number of bytes, written as a number or with a unit: 512MiB.
type ByteSize int64

// UnmarshalText reads a size with or without a unit.
func (b *ByteSize) UnmarshalText(text []byte) error {
	n, err := humanize.ParseBytes(string(text))
	if err != nil || n > math.MaxInt64 {
		return fmt.Errorf("not a size such as 512MiB: %q", text)
	}
	*b = ByteSize(n)
	return nil
}

// String returns the size with a unit.
func (b ByteSize) String() string {
	if b < 0 {
		return strconv.FormatInt(int64(b), 10)
	}
	return strings.ReplaceAll(humanize.IBytes(uint64(b)), " ", "")
}

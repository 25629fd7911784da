// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package check

import (
	"fmt"
	"slices"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// That returns nil if ok, and else an error with the formatted text.
func That(ok bool, format string, args ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf(format, args...)
}

// OneOf returns an error with the key and the value got, unless that is one of
// those wanted.
func OneOf[T ~string](key string, got T, want ...T) error {
	return That(slices.Contains(want, got), "%s must be one of %q, got %q", key, want, got)
}

// Percentage returns an error with the key unless the percentage is between 0
// and 100, and 0 or large enough for a threshold.
func Percentage(key string, percentage float64) error {
	if _, err := sampling.PercentageThreshold(percentage); err != nil {
		return fmt.Errorf("%s %w", key, err)
	}
	return nil
}

// Duration returns an error with the key unless the duration is 0 or at least a
// millisecond: whoever writes less than that meant another unit.
func Duration(key string, d time.Duration) error {
	if d < 0 {
		return fmt.Errorf("%s must not be negative, got %v", key, d)
	}
	return That(d == 0 || d >= time.Millisecond, "%s must be 0 or at least 1ms, got %v; was another unit meant, such as s or ms?", key, d)
}

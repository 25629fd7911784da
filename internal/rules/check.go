// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"slices"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

func Check(ok bool, format string, args ...any) error {
	if ok {
		return nil
	}
	return fmt.Errorf(format, args...)
}

func CheckOneOf[T ~string](key string, got T, want ...T) error {
	return Check(slices.Contains(want, got), "%s must be one of %q, got %q", key, want, got)
}

func CheckPercentage(key string, percentage float64) error {
	if _, err := sampling.PercentageThreshold(percentage); err != nil {
		return fmt.Errorf("%s %w", key, err)
	}
	return nil
}

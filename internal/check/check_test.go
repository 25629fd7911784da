// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package check

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A setting that is right is no error, and one that is wrong names its key and value.
func TestSettingsAreChecked(t *testing.T) {
	type mode string
	for want, err := range map[string]error{
		`max must be positive, got 0`:                        That(false, "max must be positive, got %d", 0),
		`match must be one of ["a" "b"], got "c"`:            OneOf("match", mode("c"), "a", "b"),
		`wait must not be negative, got -1s`:                 Duration("wait", -time.Second),
		`wait must be 0 or at least 1ms, got 30ns; was anot`: Duration("wait", 30),
		`share must be between 0 and 100, got 101`:           Percentage("share", 101),
		`share must be between 0 and 100, got -1`:            Percentage("share", -1),
	} {
		require.ErrorContains(t, err, want)
	}
	for _, err := range []error{
		That(true, "max"), OneOf("match", mode("a"), "a", "b"), Duration("wait", 0), Duration("wait", time.Millisecond),
		Percentage("share", 0), Percentage("share", 0.001), Percentage("share", 100),
	} {
		require.NoError(t, err)
	}
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package run

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
)

func TestMeasurementLastsForCycles(t *testing.T) {
	r := Run{Measure: time.Second}
	for _, test := range []struct {
		took   time.Duration
		cycles uint64
		want   bool
	}{
		{900 * time.Millisecond, 100, false},
		{time.Second, 8, true},
		{time.Second, 7, false},
		{4 * time.Second, 2, true},
		{4 * time.Second, 1, false},
		{time.Minute, 1, true},
	} {
		assert.Equal(t, test.want, r.enough(test.took, test.cycles), test)
	}
}

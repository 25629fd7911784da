// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"math"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestGoalsCompareWhatTheySay(t *testing.T) {
	fast := map[Target][]figures{
		floor: {{cpu: 20}}, lean: {{cpu: 100}, {cpu: 120}, {cpu: 110}}, oursBoth: {{cpu: 30}, {cpu: 40}, {cpu: 20}}, today: {{cpu: 270}},
	}
	paced := map[Target][]figures{tail: {{peak: 1000}}, oursTraces: {{peak: 300, fault: Faults{Incomplete: 2}}}}
	want := []float64{110. / 30, 9, 1.5, 0.3, 2}
	for i, g := range e2eGoals(fast, paced) {
		assert.InDelta(t, want[i], g.Measured, 1e-9, g.What)
	}
	for _, g := range e2eGoals(nil, nil)[:4] {
		assert.True(t, math.IsNaN(g.Measured), g.What)
	}
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package restart

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// endings has a collector killed at random moments, every tenth time, and the last, while
// it starts or recovers as well.
func endings(r *rig, kills int) {
	for n := range kills {
		r.pause(300*time.Millisecond, 1500*time.Millisecond)
		r.kill()
		r.launch()
		if n%10 == 4 {
			r.pause(0, 400*time.Millisecond)
			r.kill()
			r.launch()
			r.ready()
			r.pause(0, 50*time.Millisecond)
			r.kill()
			r.launch()
		}
		r.ready()
	}
}

// What a kill costs without storage, for comparison: what is held is lost, verdicts and
// patterns are forgotten. It is also how we know that these tests see such things.
func TestKillsWithoutStorage(t *testing.T) {
	r := newRig(t, 1, "")
	endings(r, kills(t))
	got := r.finish()
	t.Log(got.String())
	require.Positive(t, got.lost)
	require.Positive(t, got.flipped)
	require.Positive(t, got.patterns)
	require.Positive(t, got.learned)
	require.Zero(t, got.duplicates)
}

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
	t.Parallel()
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

// stored are the settings with a directory of the test's.
func stored(t *testing.T) string {
	return ", storage: {directory: " + t.TempDir() + ", max_bytes: 256MiB}"
}

// requireWhole holds what came to the promises: nothing accepted is lost, no verdict and no
// pattern changes, and nothing comes twice but what is said to be on its way at a kill.
func requireWhole(t *testing.T, got *tally) {
	t.Helper()
	t.Log(got.String())
	require.Zero(t, got.lost)
	require.Zero(t, got.unwanted)
	require.Zero(t, got.split)
	require.Zero(t, got.early)
	require.Zero(t, got.patterns)
	require.Positive(t, got.learned)
	if got.duplicates > got.redelivered { // one that was killed while it recovered did not say what came twice
		require.LessOrEqual(t, got.requests, 1)
	}
	require.Less(t, got.apart, got.traces/14, "half of the traces with evidence and of the probes are to be judged")
}

// Whatever moment a collector is killed at, also while it recovers.
func TestKills(t *testing.T) {
	t.Parallel()
	r := newRig(t, 1, stored(t))
	endings(r, kills(t))
	got := r.finish()
	requireWhole(t, &got)
}

// Restarts and reloads decide nothing early, split nothing and send nothing twice.
func TestRestartsAndReloads(t *testing.T) {
	t.Parallel()
	r := newRig(t, 2, stored(t))
	for n := range 2 * kills(t) {
		r.pause(300*time.Millisecond, 1200*time.Millisecond)
		if n%3 == 0 {
			r.terminate()
			r.launch()
		} else {
			require.NoError(t, r.process.Reload())
			r.pause(300*time.Millisecond, 600*time.Millisecond)
		}
		r.ready()
		time.Sleep(500 * time.Millisecond) // a process that is new heeds signals a little later
	}
	got := r.finish()
	requireWhole(t, &got)
	require.Zero(t, got.duplicates)
}

// What waits for a next component that is down outlives three restarts.
func TestTheNextComponentIsDown(t *testing.T) {
	t.Parallel()
	r := newRig(t, 3, stored(t))
	r.sink.refuse(true)
	for range 3 {
		r.pause(time.Second, 2*time.Second)
		r.terminate()
		r.launch()
		r.ready()
		time.Sleep(500 * time.Millisecond)
	}
	r.sink.refuse(false)
	got := r.finish()
	requireWhole(t, &got)
	require.Zero(t, got.duplicates)
}

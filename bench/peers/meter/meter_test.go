// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"runtime"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// What a peer holds outside the heap counts like what it holds on it, as far as it was
// written to.
func TestHeldCountsWhatIsMapped(t *testing.T) {
	const reserved, used = 256 << 20, 32 << 20
	before, _ := Held()
	m, err := syscall.Mmap(-1, 0, reserved, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE|syscall.MAP_NORESERVE)
	require.NoError(t, err)
	for i := 0; i < used; i += 4096 {
		m[i] = 1
	}
	after, _ := Held()
	require.InEpsilon(t, used, after-before, 0.05)
	require.NoError(t, syscall.Munmap(m))
	gone, _ := Held()
	require.InDelta(t, before, gone, 1<<20)
}

// So does the peak.
func TestPeakCountsWhatIsMapped(t *testing.T) {
	const used = 256 << 20
	m, err := syscall.Mmap(-1, 0, used, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE|syscall.MAP_NORESERVE)
	require.NoError(t, err)
	for i := 0; i < used; i += 4096 {
		m[i] = 1
	}
	meter := Start(func() int64 { return 0 })
	for meter.Cycles() < 3 {
		runtime.GC()
		time.Sleep(2 * pollInterval)
	}
	_, peak, err := meter.Stop()
	require.NoError(t, err)
	require.GreaterOrEqual(t, peak, uint64(used))
	require.NoError(t, syscall.Munmap(m))
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package meter measures what this process uses: processor time, allocations
// and the garbage collector's share of the time.
package meter

import (
	"fmt"
	"os"
	"runtime"
	"runtime/metrics"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Reading is what was used up to a moment. All fields only grow.
type Reading struct {
	Items  int64         // done, as the caller counts them
	CPU    time.Duration // of the process, user and system
	Bytes  uint64        // allocated
	Allocs uint64
	Cycles uint64 // of the garbage collector
}

// Read takes a reading.
func Read(items int64) (Reading, error) {
	r := Reading{Items: items}
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return r, fmt.Errorf("getrusage: %w", err)
	}
	r.CPU = time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	r.Bytes, r.Allocs, r.Cycles = m.TotalAlloc, m.Mallocs, uint64(m.NumGC)
	return r, nil
}

// Sub returns what was used since an earlier reading.
func (r Reading) Sub(earlier Reading) Reading {
	return Reading{
		Items:  r.Items - earlier.Items,
		CPU:    r.CPU - earlier.CPU,
		Bytes:  r.Bytes - earlier.Bytes,
		Allocs: r.Allocs - earlier.Allocs,
		Cycles: r.Cycles - earlier.Cycles,
	}
}

// Meter takes a reading at the end of each cycle of the garbage collector.
// A peer that holds much has few cycles, and each costs much: a measurement
// that begins and ends anywhere in a cycle is off by up to a fifth.
type Meter struct {
	items func() int64
	stop  chan struct{}
	ended sync.WaitGroup

	first, last Reading
	seen        atomic.Uint64
	peak        uint64
	err         error
}

// pollInterval is how often a Meter looks whether a cycle has ended.
const pollInterval = 3 * time.Millisecond

// outsideEvery is after how many polls the memory outside of Go's runtime is weighed: the
// system looks at each page for that, which takes milliseconds where there is much.
const outsideEvery = 256

// Start starts a meter; items must be safe to call from another goroutine.
func Start(items func() int64) *Meter {
	m := &Meter{items: items, stop: make(chan struct{})}
	m.ended.Add(1)
	go m.run()
	return m
}

func (m *Meter) run() {
	defer m.ended.Done()
	t := time.NewTicker(pollInterval)
	defer t.Stop()
	beside := uint64(0)
	for cycles, ticks := gcCycles(), 0; ; ticks++ {
		select {
		case <-m.stop:
			return
		case <-t.C:
		}
		now := gcCycles()
		if ticks%outsideEvery == 0 {
			beside = outside()
		}
		m.peak = max(m.peak, mapped()+beside)
		if now == cycles {
			continue
		}
		m.seen.Add(now - cycles)
		cycles = now
		r, err := Read(m.items())
		m.err = err
		if m.first.Cycles == 0 {
			m.first = r
		}
		m.last = r
	}
}

// Cycles is how many cycles of the garbage collector have ended meanwhile.
func (m *Meter) Cycles() uint64 { return m.seen.Load() }

// Stop ends the meter and returns what was used between the first and the last
// end of a cycle, and the most memory the Go runtime and what a peer has mapped for itself
// had from the system.
func (m *Meter) Stop() (used Reading, peak uint64, err error) {
	close(m.stop)
	m.ended.Wait()
	if used = m.last.Sub(m.first); m.err == nil && used.Cycles == 0 {
		m.err = fmt.Errorf("the garbage collector ran less than twice; measure longer")
	}
	return used, m.peak, m.err
}

func gcCycles() uint64 {
	s := []metrics.Sample{{Name: "/gc/cycles/total:gc-cycles"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

func mapped() uint64 {
	s := []metrics.Sample{{Name: "/memory/classes/total:bytes"}, {Name: "/memory/classes/heap/released:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64() - s[1].Value.Uint64()
}

// Live is the bytes of heap that the latest collection found to be live.
func Live() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

// Held returns the bytes and objects that are live on the heap, after a collection,
// and with the bytes what a peer has mapped for itself.
func Held() (bytes, objects uint64) {
	runtime.GC()
	runtime.GC() // what the first one swept
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc + outside(), m.HeapObjects
}

// outside is what is resident of mappings that nothing is set aside for (MAP_NORESERVE).
// Go's runtime makes none.
func outside() (bytes uint64) {
	smaps, err := os.ReadFile("/proc/self/smaps")
	if err != nil {
		return 0 // not on Linux
	}
	resident := uint64(0)
	for line := range strings.Lines(string(smaps)) {
		switch f := strings.Fields(line); f[0] {
		case "Rss:":
			resident, _ = strconv.ParseUint(f[1], 10, 64)
		case "VmFlags:":
			if slices.Contains(f, "nr") {
				bytes += resident << 10
			}
		}
	}
	return bytes
}

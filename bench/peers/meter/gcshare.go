// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package meter

import (
	"bytes"
	"fmt"
	"runtime/pprof"
	"strings"

	"github.com/google/pprof/profile"
)

// Profile is a CPU profile being taken. The runtime's own account of the
// collector's time counts the time its workers wait for a processor; a profile
// counts only what they ran.
type Profile struct{ data bytes.Buffer }

// StartProfile starts a CPU profile; a process takes one at a time.
func StartProfile() (*Profile, error) {
	p := new(Profile)
	return p, pprof.StartCPUProfile(&p.data)
}

// Stop ends the profile and returns it as pprof writes it, with the share of
// the samples that were taken in the garbage collector.
func (p *Profile) Stop() (data []byte, gcShare float64, err error) {
	pprof.StopCPUProfile()
	parsed, err := profile.ParseData(p.data.Bytes())
	if err != nil {
		return nil, 0, fmt.Errorf("CPU profile: %w", err)
	}
	var all, gc int64
	for _, s := range parsed.Sample {
		all += s.Value[0]
		if Collects(s) {
			gc += s.Value[0]
		}
	}
	return p.data.Bytes(), float64(gc) / float64(max(all, 1)), nil
}

// Collects reports whether a sample was taken in the garbage collector: its
// workers, what allocating goroutines have to help with, sweeping.
func Collects(s *profile.Sample) bool {
	for _, l := range s.Location {
		for _, line := range l.Line {
			name := line.Function.Name
			if strings.HasPrefix(name, "runtime.gc") || name == "runtime.bgsweep" || name == "runtime.bgscavenge" || name == "runtime.deductSweepCredit" {
				return true
			}
		}
	}
	return false
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package integrity

import (
	"time"

	"github.com/otelcol-correlation/correlationprocessor/internal/idtable"
)

// seen remembers the traces that were checked, and when, so that their late
// items do not pass for traces of their own. A generation ends when it is full or
// old.
type seen struct {
	idtable.Memory
	born time.Duration // when the young generation began
}

// generation is how long a generation lasts: a trace is remembered for once to twice
// as long, unless the memory is full before.
const generation = 10 * time.Minute

// put remembers the trace that lay or would lie under key at, with the key of its own.
func (s *seen) put(now time.Duration, at, own uint64, checked uint32, byHalf bool) {
	if s.Full() || now-s.born > generation {
		s.Rotate()
		s.born = now
	}
	s.Remember(at, own, checked, byHalf)
}

// never marks a trace as seen that was not checked: its items are not late.
const never = 1

// checkedNow is what is remembered of a trace that is checked now: whole seconds,
// beginning behind never.
func checkedNow(now time.Duration) uint32 { return uint32(now/time.Second) + never + 1 }

func checkedAt(checked uint32) time.Duration { return time.Duration(checked-never-1) * time.Second }

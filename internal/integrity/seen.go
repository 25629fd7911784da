// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package integrity

import "github.com/otelcol-correlation/correlationprocessor/internal/idtable"

// seen remembers the traces that were checked, and when, so that their late
// items do not pass for traces of their own. A generation ends when it is full or
// old.
type seen struct {
	idtable.Memory
	born int64 // when the young generation began, Unix seconds
}

// generationSeconds is how long a generation lasts: a trace is remembered for
// once to twice as long, unless the memory is full before.
const generationSeconds = 600

func (s *seen) put(now int64, key uint64, at uint32) {
	if s.Full() || now-s.born > generationSeconds {
		s.Rotate()
		s.born = now
	}
	s.Put(key, at)
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"github.com/otelcol-correlation/correlationprocessor/internal/idtable"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// memory remembers verdicts.
type memory struct{ idtable.Memory }

// put remembers the verdict of the trace that lay or would lie under key at, with the
// key of its own.
func (m *memory) put(at, own uint64, v sampling.Verdict, byHalf bool) {
	m.Remember(at, own, uint32(v.Pack()), byHalf)
}

func (m *memory) get(key, high uint64) (sampling.Verdict, bool) {
	if p := sampling.Packed(m.Recall(key, high)); p != 0 {
		return p.Unpack(), true
	}
	return sampling.Verdict{}, false
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"github.com/otelcol-correlation/correlationprocessor/internal/idtable"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// memory remembers verdicts.
type memory struct{ idtable.Memory }

func (m *memory) put(key uint64, v sampling.Verdict) { m.Put(key, uint32(v.Pack())) }

func (m *memory) get(key uint64) (sampling.Verdict, bool) {
	if p := sampling.Packed(m.Get(key)); p != 0 {
		return p.Unpack(), true
	}
	return sampling.Verdict{}, false
}

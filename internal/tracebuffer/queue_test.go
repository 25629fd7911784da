// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import (
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor/internal/idtable"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

func TestQueueIsFirstInFirstOut(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var q queue
		var model []ticket
		n := int64(0)
		t.Repeat(map[string]func(*rapid.T){
			"push": func(*rapid.T) { n++; q.push(ticket{1, n}); model = append(model, ticket{1, n}) },
			"pop": func(*rapid.T) {
				if len(model) > 0 {
					require.Equal(t, model[0], q.at(0))
					q.pop()
					model = model[1:]
				}
			},
			"": func(t *rapid.T) { require.Equal(t, len(model), q.len) },
		})
	})
}

func TestMemoryGivesBackVerdicts(t *testing.T) {
	m := memory{idtable.NewMemory(1 << 20)}
	for key := range uint64(2 * sampling.MaxRules) {
		m.put(key, key, sampling.Verdict{Keep: key%2 == 0, Rule: sampling.Match(key % sampling.MaxRules)}, false)
	}
	for key := range uint64(2 * sampling.MaxRules) {
		v, ok := m.get(key, 0)
		require.True(t, ok, key)
		require.Equal(t, sampling.Verdict{Keep: key%2 == 0, Rule: sampling.Match(key % sampling.MaxRules)}, v)
	}
}

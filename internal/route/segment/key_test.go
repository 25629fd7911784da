// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"pgregory.net/rapid"
)

func TestReadInsideReadsAsIfAlone(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		path := rapid.StringN(1, 40, 60).Draw(t, "path")
		end := rapid.IntRange(1, len(path)).Draw(t, "end")
		start := rapid.IntRange(0, end-1).Draw(t, "start")
		assert.Equal(t, ReadKey(path[start:end]), readInside(path, start, end))
	})
}

// TestEndsTellShortTextsApart: with the length they are the whole text.
func TestEndsTellShortTextsApart(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		short := rapid.StringMatching(`[\x00ab]{0,16}`)
		a, b := short.Draw(t, "a"), short.Draw(t, "b")
		assert.Equal(t, a == b, ReadKey(a).Ends == ReadKey(b).Ends && len(a) == len(b))
	})
}

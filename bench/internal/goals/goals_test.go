// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package goals

import (
	"math"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPrintSaysWhatIsNotMet(t *testing.T) {
	var out strings.Builder
	require.NoError(t, Print(&out, []Goal{
		AtMost("small", 0.25, 0.25), AtMost("smaller", 0.26, 0.25),
		AtLeast("much", 3, 3), AtLeast("more", 2.9, 3), AtLeast("unknown", math.NaN(), 3),
	}))
	var met []string
	for line := range strings.Lines(out.String()) {
		cells := strings.Split(line, "|")
		met = append(met, strings.TrimSpace(cells[4]))
	}
	assert.Equal(t, []string{"met", "---", "yes", "**no**", "yes", "**no**", "not measured"}, met)
}

func TestRatioOfNothing(t *testing.T) {
	assert.InDelta(t, 2, Ratio(4, 2), 0)
	assert.True(t, math.IsNaN(Ratio(0, 2)))
	assert.True(t, math.IsNaN(Ratio(4, -1)))
}

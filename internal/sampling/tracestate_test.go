// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package sampling_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

func TestStamp(t *testing.T) {
	tests := []struct {
		name       string
		percentage float64
		in, want   string
	}{
		{"adds a threshold", 1, "", "ot=th:fd70a"},
		{"raises a lower one", 1, "ot=th:8", "ot=th:fd70a"},
		{"leaves a higher one", 50, "ot=th:fd70a", "ot=th:fd70a"},
		{"leaves the randomness", 1, "ot=rv:ffffffffffffff", "ot=rv:ffffffffffffff;th:fd70a"},
		{"leaves unknown sub-keys", 1, "ot=xx:1", "ot=th:fd70a;xx:1"},
		{"leaves other vendors", 1, "a=b,c=d", "ot=th:fd70a,a=b,c=d"},
		{"adds nothing for all", 100, "a=b", "a=b"},
		{"keeps a threshold where all are kept", 100, "ot=th:8", "ot=th:8"},
		{"leaves what does not parse", 1, "ot=th:zz", "ot=th:zz"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			th, err := sampling.PercentageThreshold(tt.percentage)
			require.NoError(t, err)
			got, changed := sampling.Stamp(tt.in, th, sampling.Unknown)
			require.Equal(t, tt.want, got)
			require.Equal(t, tt.want != tt.in, changed)
		})
	}
}

func TestReadStateFindsTheRandomness(t *testing.T) {
	for in, want := range map[string]uint64{
		"ot=rv:00000000000001":           1,
		"v=1,ot=th:8;rv:ffffffffffffff":  1<<56 - 1,
		"ot=rv:123":                      0,
		"other=rv:00000000000001":        0,
		"":                               0,
		"ot=rv:00000000000001,not valid": 0,
	} {
		s := sampling.ReadState(in)
		require.Equal(t, want != 0, s.Explicit, in)
		if s.Explicit {
			require.Equal(t, want, s.Randomness.Unsigned(), in)
		}
	}
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package sampling

import (
	"fmt"
	"math"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
)

// DefaultPrecision is the number of significant hex digits of a threshold made
// from a percentage, the default of the specification and of contrib's
// probabilistic_sampler: 1 % becomes fd70a, off by 0.0023 %.
const DefaultPrecision = 4

// MaxPrecision is the number of hex digits of a whole threshold.
const MaxPrecision = contrib.NumHexDigits

// MinPercentage is the smallest percentage above 0 that a threshold can express.
const MinPercentage = 100 * contrib.MinSamplingProbability

// PercentageThreshold returns the threshold that keeps percentage (0 to 100) of
// all traces, to the default precision.
func PercentageThreshold(percentage float64) (contrib.Threshold, error) {
	return PreciseThreshold(percentage, DefaultPrecision)
}

// PreciseThreshold returns the threshold that keeps percentage (0 to 100) of all
// traces, to precision (1 to MaxPrecision) significant hex digits.
func PreciseThreshold(percentage float64, precision int) (contrib.Threshold, error) {
	switch {
	case percentage == 0:
		return contrib.NeverSampleThreshold, nil
	case math.IsNaN(percentage) || percentage < 0 || percentage > 100:
		return contrib.NeverSampleThreshold, fmt.Errorf("must be between 0 and 100, got %v", percentage)
	case percentage < MinPercentage:
		return contrib.NeverSampleThreshold, fmt.Errorf("must be 0 or at least %v, got %v", MinPercentage, percentage)
	}
	return contrib.ProbabilityToThresholdWithPrecision(percentage/100, precision)
}

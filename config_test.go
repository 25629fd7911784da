// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/internal/config"
	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/stamp"
)

// Whatever the processor writes by itself cannot be the name of something that is
// configured.
func TestAllThatIsWrittenIsKnown(t *testing.T) {
	for _, name := range []string{
		attrLateEvidence, paramPrefix + "id", record.AttributeThreshold, record.AttributeRandomness,
		stamp.AttributeDryVerdict, stamp.AttributeDryRule, stamp.AttributeDryThreshold, stamp.AttributeDryRepeat,
	} {
		cfg := config.Default()
		cfg.Sampling.RuleAttribute = name
		require.ErrorContains(t, cfg.Validate(), "sampling::rule_attribute must not be", name)
	}
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/internal/config"
	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
)

// Whatever the processor writes by itself cannot be the name of something that is
// configured.
func TestAllThatIsWrittenIsKnown(t *testing.T) {
	for _, name := range []string{
		attrLateEvidence, paramPrefix + "id", record.AttributeThreshold, record.AttributeRandomness,
		rules.AttributeDryVerdict, rules.AttributeDryRule, rules.AttributeDryThreshold, rules.AttributeDryRepeat,
	} {
		cfg := config.Default()
		cfg.Sampling.RuleAttribute = name
		require.ErrorContains(t, cfg.Validate(), "sampling::rule_attribute must not be", name)
	}
}

func TestALearnFileThatCannotBeWrittenIsFoundAtStart(t *testing.T) {
	folder := t.TempDir()
	plain := filepath.Join(folder, "plain")
	require.NoError(t, os.WriteFile(plain, nil, 0o600))
	for name, want := range map[string]string{
		filepath.Join(folder, "none", "routes.yaml"): "cannot be written",
		filepath.Join(plain, "routes.yaml"):          "cannot be written",
		folder:                                       "is a folder",
	} {
		err := startOnce(t, func(c *Config) { c.Routes.Learn.File = name })
		require.ErrorContains(t, err, "routes::learn::file")
		require.ErrorContains(t, err, name)
		require.ErrorContains(t, err, want)
	}
	good := filepath.Join(folder, "routes.yaml")
	require.NoError(t, startOnce(t, func(c *Config) { c.Routes.Learn.File = good }))
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, files, 2, "nothing is left beside the file")
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package stamp

import (
	"testing"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// A record that was decided on by itself says with which threshold and which randomness,
// if it goes on, and in a dry run what would have become of it instead.
func TestRecordsThatAreDecidedOnAlone(t *testing.T) {
	half, err := sampling.PercentageThreshold(50)
	require.NoError(t, err)
	random, err := contrib.RValueToRandomness("c0000000000001")
	require.NoError(t, err)
	would := func(verdict, rule, threshold string) map[string]any {
		return map[string]any{AttributeDryVerdict: verdict, AttributeDryRule: rule, AttributeDryThreshold: threshold}
	}
	drawn := map[string]any{record.AttributeThreshold: "8", record.AttributeRandomness: "c0000000000001"}
	byHalf := Alone{Keep: true, Rule: RuleMissing, Threshold: half, Randomness: random}
	dropped, certain, limited := byHalf, byHalf, byHalf
	dropped.Keep = false
	certain.Threshold, certain.Rule = contrib.AlwaysSampleThreshold, "vip"
	limited.Threshold, limited.Limited, limited.Rule = contrib.NeverSampleThreshold, true, "limited"
	for name, tt := range map[string]struct {
		how  *Settings
		v    Alone
		want map[string]any
	}{
		"kept":                 {keeping(t, 1), byHalf, drawn},
		"dropped":              {keeping(t, 1, noted), dropped, map[string]any{}},
		"kept for certain":     {keeping(t, 1, noted), certain, map[string]any{"kept.by": "vip"}},
		"within a limit":       {keeping(t, 1), limited, map[string]any{}},
		"dry, kept":            {keeping(t, 1, dry), byHalf, would("keep", RuleMissing, "8")},
		"dry, dropped":         {keeping(t, 1, dry), dropped, would("drop", RuleMissing, "8")},
		"dry, for certain":     {keeping(t, 1, dry), certain, would("keep", "vip", "0")},
		"dry, within a limit":  {keeping(t, 1, dry), limited, would("keep", "limited", "unknown")},
		"nothing before, kept": {keeping(t, 1, unsampled), byHalf, drawn},
	} {
		attrs := pcommon.NewMap()
		tt.how.Alone(attrs, tt.v, sampling.State{})
		require.Equal(t, tt.want, attrs.AsRaw(), name)
	}
	// What a stage before kept with a higher threshold keeps that.
	attrs := pcommon.NewMap()
	attrs.PutStr(record.AttributeThreshold, "c")
	keeping(t, 1).Alone(attrs, byHalf, record.ReadSampling(attrs))
	require.Equal(t, map[string]any{record.AttributeThreshold: "c", record.AttributeRandomness: "c0000000000001"}, attrs.AsRaw())
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
)

// countAmounts counts the batch's records and their bytes: by route, and by
// verdict where that is known.
func (b *batch) countAmounts() {
	e := b.pipe.engine
	if e.counted.Limit > 0 {
		b.countRoutes()
	}
	if e.rules.DecidesMissing() {
		b.countMissing()
	}
	if !e.plan.drops {
		return
	}
	var verdicts telemetry.Amounts[sampling.Packed]
	for i := range b.records {
		if r := &b.records[i]; r.item != noItem && b.fates[r.item].Decided {
			v := b.fates[r.item].Verdict
			verdicts.Add(sampling.Verdict{Keep: v.Keep, Rule: v.Rule}.Pack(), int64(r.size))
		}
	}
	for packed, n := range verdicts.By {
		v := packed.Unpack()
		e.telemetry.Decided(b.sig, v.Keep, e.telemetry.RuleName(v.Rule), n.Items, n.Bytes)
	}
}

func (b *batch) countRoutes() {
	var routes telemetry.Amounts[telemetry.RouteKey]
	for i := range b.records {
		if r := &b.records[i]; r.edit.pattern != "" {
			routes.Add(telemetry.RouteKey{Service: r.edit.service, Pattern: r.edit.pattern}, int64(r.size))
		}
	}
	b.pipe.engine.counted.Flush(b.pipe.engine.telemetry, b.sig, &routes)
}

// countMissing counts the records without a trace id, each of which was decided
// on by itself.
func (b *batch) countMissing() {
	var verdicts telemetry.Amounts[rules.MissingVerdict]
	for i := range b.records {
		if r := &b.records[i]; r.missing.Decided() {
			verdicts.Add(r.missing, int64(r.size))
		}
	}
	for v, n := range verdicts.By {
		e := b.pipe.engine
		rule := e.rules.MissingRule(v)
		e.telemetry.Decided(b.sig, v.Keep, rule, n.Items, n.Bytes)
		if v.Dropped() && !e.rules.DryRun() {
			e.telemetry.DroppedAlone(b.sig, rule, n.Items)
		}
	}
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package outlet

import (
	"errors"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.uber.org/zap"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// errCorrupt means that held bytes are no OTLP message any more.
var errCorrupt = errors.New("held data cannot be decoded")

// loseCorrupt takes the records out that cannot be decoded, so that they do not
// fail the others, and returns what is left. The library encodes more than it decodes:
// pdata v1.71 refuses what is nested more than 100 messages deep.
func (o *Outlet) loseCorrupt(l load, err error) load {
	var good, bad []tracebuffer.Record
	for i := range l.records {
		if decodes(l.records[i : i+1]) {
			good = append(good, l.records[i])
		} else {
			bad = append(bad, l.records[i])
		}
	}
	if len(bad) == 0 { // none by itself; what is wrong with all of them is not known
		good, bad = nil, l.records
	}
	lost, rest := newLoad(l.ctx, bad), newLoad(l.ctx, good)
	var left *load
	if rest.count > 0 { // companions alone are nothing to send
		left = &rest
	}
	o.settle(left, func() { o.lose(telemetry.DropCorrupt, &lost, err) })
	return rest
}

// decodes reports whether a record can be decoded by itself.
func decodes(one []tracebuffer.Record) bool {
	groups := groupRecords(one, one[0].Companion)
	var err error
	if one[0].Signal == tracebuffer.Log {
		_, err = (&plog.ProtoUnmarshaler{}).UnmarshalLogs(groups.message())
	} else {
		_, err = (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(groups.message())
	}
	return err == nil
}

// lose logs and counts what cannot be delivered of the load, for the reason (a Drop
// constant of package telemetry). What is evidence is counted by its rule as well.
func (o *Outlet) lose(reason string, l *load, err error) {
	if l.count == 0 {
		return
	}
	o.to.Log.Error("held data is lost", zap.String("reason", reason), zap.Int("items", l.count), zap.Error(err))
	o.to.Count.Dropped(o.signal, reason, l.count)
	lost := map[sampling.Match]int{}
	n := l.count // of a load that went in part it is not known which records are left
	for i := range l.records {
		if r := &l.records[i]; n > 0 && !r.Companion && r.Verdict.Rule != sampling.NoRule && o.to.Rules.Certain(r.Verdict.Rule) {
			lost[r.Verdict.Rule]++
			n--
		}
	}
	for rule, n := range lost {
		o.to.Count.EvidenceLost(o.signal, reason, rule, n)
	}
}

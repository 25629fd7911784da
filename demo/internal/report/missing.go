// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"cmp"
	"slices"

	"github.com/otelcol-correlation/correlationprocessor/demo/internal/sink"
	"github.com/otelcol-correlation/correlationprocessor/testkit/scrape"
)

// Missing is how many of a service's logs have no trace id, for one reason.
type Missing struct {
	Service string
	Reason  string
	Sent    int // by the witness
	Counted int // by the processor
	Logs    int // all the service's logs, by the witness
}

func (f *Findings) judgeMissing(e Evidence) {
	f.Missing = missingIDs(e.Sent.Logs, e.Metrics["logs_missing_trace_id"])
	for _, row := range f.Missing {
		if row.Sent != row.Counted {
			f.problem("%q wrote %d logs without a trace id (%s), the processor counted %d",
				row.Service, row.Sent, row.Reason, row.Counted)
		}
	}
}

// missingIDs merges both counts, so that a row only one side knows shows too.
func missingIDs(sent []sink.Log, counted []scrape.Sample) []Missing {
	type key struct{ service, reason string }
	rows := map[key]*Missing{}
	row := func(k key) *Missing {
		if rows[k] == nil {
			rows[k] = &Missing{Service: k.service, Reason: k.reason}
		}
		return rows[k]
	}
	logs := map[string]int{}
	for _, log := range sent {
		logs[log.Service]++
		if log.Missing != "" {
			row(key{log.Service, string(log.Missing)}).Sent++
		}
	}
	for _, sample := range counted {
		row(key{sample.Labels["service_name"], sample.Labels["reason"]}).Counted += int(sample.Value)
	}
	var merged []Missing
	for _, r := range rows {
		r.Logs = logs[r.Service]
		merged = append(merged, *r)
	}
	slices.SortFunc(merged, func(a, b Missing) int {
		return cmp.Or(cmp.Compare(a.Service, b.Service), cmp.Compare(a.Reason, b.Reason))
	})
	return merged
}

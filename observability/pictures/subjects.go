// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"fmt"

	"github.com/otelcol-correlation/correlationprocessor/testkit/scrape"
)

// missing shows the share of each service's logs without a trace id, by reason.
func missing(m scrape.Metrics) string {
	const metric = "logs_missing_trace_id"
	c := bars{
		title: "Logs without a trace id", sub: "share of each service's log records, by reason",
		parts: m.Values(metric, "reason"), format: func(v float64) string { return fmt.Sprintf("%.1f %%", 100*v) },
	}
	for _, service := range m.Values("logs_received", "service_name") {
		all := m.Sum("logs_received", "service_name", service)
		b := bar{name: service, note: fmt.Sprintf("of %.0f logs", all)}
		for _, reason := range c.parts {
			b.values = append(b.values, m.Sum(metric, "service_name", service, "reason", reason)/all)
		}
		c.bars = append(c.bars, b)
	}
	return c.draw()
}

// begun shows in which services traces begin, by the kind of their root.
func begun(m scrape.Metrics) string {
	const metric = "traces_checked"
	c := bars{
		title: "Where traces begin", sub: "checked traces by the service and the kind of their root, before sampling",
		parts: m.Values(metric, "root"), format: func(v float64) string { return fmt.Sprintf("%.0f", v) },
	}
	for _, service := range m.Values(metric, "service_name") {
		b := bar{name: service}
		if calls := m.Sum("client_spans", "peer", service); calls > 0 {
			b.note = fmt.Sprintf("called %.0f times by others", calls)
		}
		for _, root := range c.parts {
			b.values = append(b.values, m.Sum(metric, "service_name", service, "root", root))
		}
		c.bars = append(c.bars, b)
	}
	return c.draw()
}

// sampling shows the traces decided so far, what was kept of them, and what the
// kept ones stand for.
func sampling(pages []scrape.Metrics) string {
	c := lines{title: "Traces decided and kept", sub: "since the start, by second; the adjusted number follows the exact one if the weights are honest"}
	series := func(name string, read func(scrape.Metrics) float64) {
		l := line{name: name}
		for _, p := range pages {
			l.values = append(l.values, read(p))
		}
		c.lines = append(c.lines, l)
	}
	series("decided", func(m scrape.Metrics) float64 { return m.Sum("decisions") })
	series("kept, adjusted", func(m scrape.Metrics) float64 { return m.Sum("traces_adjusted") })
	last := pages[len(pages)-1]
	for _, rule := range last.Values("decisions", "rule", "verdict", "keep") {
		series("kept by "+rule, func(m scrape.Metrics) float64 { return m.Sum("decisions", "verdict", "keep", "rule", rule) })
	}
	return c.draw()
}

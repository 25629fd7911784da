// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package outlet

import (
	"hash/maphash"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/tracebuffer"
)

// The attributes with the numbers of logs that name a span.
const (
	attrLogCount      = "log.count"
	attrLogErrorCount = "log.error_count"
)

// logCounts counts the logs that name a span, and the errors among them: those that the rule on errors looks for.
type logCounts struct {
	ids record.TraceIDs
	of  map[record.SpanKey]struct{ all, errors int64 }
}

func countLogs(ids record.TraceIDs, ld plog.Logs, paths []string) logCounts {
	counts := logCounts{ids, map[record.SpanKey]struct{ all, errors int64 }{}}
	for res, lr := range record.EachLog(ld) {
		key := ids.SpanOf(lr.TraceID(), lr.SpanID())
		n := counts.of[key]
		n.all++
		if v := readLog(res, lr, paths); record.LogFailed(lr, &v) {
			n.errors++
		}
		counts.of[key] = n
	}
	return counts
}

func (c logCounts) write(s ptrace.Span) {
	if n, ok := c.of[c.ids.SpanOf(s.TraceID(), s.SpanID())]; ok {
		s.Attributes().PutInt(attrLogCount, n.all)
		s.Attributes().PutInt(attrLogErrorCount, n.errors)
	}
}

var copySeed = maphash.MakeSeed()

// withoutCopies leaves out logs that are there again because they came through another pipeline as well: a receiver
// of several pipelines hands its data to each of them. Logs that are equal within one pipeline are several.
func withoutCopies(records []tracebuffer.Record) []tracebuffer.Record {
	if !severalOutlets(records) {
		return records
	}
	type from struct {
		content uint64
		outlet  uint8
	}
	times, kept := map[from]int{}, map[uint64]int{}
	var out []tracebuffer.Record
	for i := range records {
		r := &records[i]
		if r.Signal == tracebuffer.Log {
			content := maphash.Bytes(copySeed, r.Data)
			times[from{content, r.Outlet}]++
			if times[from{content, r.Outlet}] <= kept[content] {
				continue
			}
			kept[content]++
		}
		out = append(out, *r)
	}
	return out
}

// severalOutlets reports whether the logs came through more than one pipeline.
func severalOutlets(records []tracebuffer.Record) bool {
	first := -1
	for i := range records {
		if records[i].Signal != tracebuffer.Log {
			continue
		}
		if first >= 0 && int(records[i].Outlet) != first {
			return true
		}
		first = int(records[i].Outlet)
	}
	return false
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"bytes"
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-correlation/correlationprocessor/demo/internal/sink"
	"github.com/otelcol-correlation/correlationprocessor/testkit/scrape"
)

var update = flag.Bool("update", false, "rewrite the golden page")

// goodRun is a run in which a right processor met three traces: an ordinary one
// that was kept, an ordinary one that was dropped, and one with an error. One
// log has no trace id.
func goodRun() Evidence {
	kept, dropped, failed := pcommon.TraceID{1}, pcommon.TraceID{2}, pcommon.TraceID{3}
	span := func(trace pcommon.TraceID, id byte, path, pattern string) sink.Span {
		return sink.Span{Service: "shop", Trace: trace, ID: pcommon.SpanID{id}, Path: path, Pattern: pattern}
	}
	log := func(trace pcommon.TraceID, at int, pattern string) sink.Log {
		return sink.Log{Service: "shop", Trace: trace, Time: pcommon.Timestamp(at), Body: "done", InField: true, Pattern: pattern}
	}
	broken := span(failed, 4, "/users/9", "/users/{id}")
	broken.Failed = true
	inText := log(kept, 20, "")
	inText.InField, inText.Path = false, "/users/7"
	promoted := inText
	promoted.InField, promoted.Pattern, promoted.Span = true, "/users/{id}", pcommon.SpanID{1}
	other := log(kept, 21, "/users/{int}")
	other.Span = pcommon.SpanID{2}
	untraced := sink.Log{Service: "jobs", Time: 30, Body: "tick", Missing: sink.Absent}
	return Evidence{
		Headline: "4 requests in 1s",
		Sent: sink.Records{
			Spans: []sink.Span{span(kept, 1, "/users/7", ""), span(kept, 2, "/", ""), span(dropped, 3, "/users/8", ""), broken},
			Logs:  []sink.Log{inText, log(kept, 21, ""), log(dropped, 22, ""), log(dropped, 22, ""), log(failed, 23, ""), untraced},
		},
		Kept: sink.Records{
			Spans: []sink.Span{span(kept, 2, "/", "/"), span(kept, 1, "/users/7", "/users/{id}"), broken},
			Logs:  []sink.Log{log(failed, 23, "/users/{id}"), untraced, promoted, other},
		},
		Metrics: goodMetrics(),
		Bounds:  map[string]int{"shop": 3},
	}
}

func goodMetrics() scrape.Metrics {
	total := func(value float64, labels ...string) scrape.Sample {
		s := scrape.Sample{Labels: map[string]string{}, Value: value}
		for i := 0; i+1 < len(labels); i += 2 {
			s.Labels[labels[i]] = labels[i+1]
		}
		return s
	}
	return scrape.Metrics{
		"spans_received":        {total(1004, "service_name", "shop")},
		"spans_refused":         {total(1000)},
		"spans_kept":            {total(3)},
		"spans_dropped":         {total(1, "reason", "sampling")},
		"logs_received":         {total(5, "service_name", "shop"), total(1, "service_name", "jobs")},
		"logs_kept":             {total(4)},
		"logs_dropped":          {total(2, "reason", "sampling")},
		"logs_held":             {total(0)},
		"logs_missing_trace_id": {total(1, "service_name", "jobs", "reason", "absent")},
		"logs_trace_id_extracted": {
			total(1, "source", "body", "format", "w3c"),
			total(0, "source", "attributes", "format", "w3c"),
		},
		"decisions": {
			total(1, "verdict", "drop", "rule", "default", "trigger", "root"),
			total(1, "verdict", "keep", "rule", "default", "trigger", "root"),
			total(1, "verdict", "keep", "rule", "errors", "trigger", "evidence"),
		},
		"route_patterns": {total(3, "service_name", "shop")},
	}
}

func TestGoodRunHasNoProblems(t *testing.T) {
	f := Judge(goodRun())
	require.Empty(t, f.Problems)
	require.Equal(t, Traces{All: 3, WithBoth: 3, Whole: 2, Gone: 1, Errors: 1, ErrorsIn: 1}, f.Traces)
	require.Equal(t, scrape.Tally{Received: 1004, Kept: 3, Dropped: 1, Refused: 1000}, f.Spans)
}

func TestPageLooksLikeTheGoldenOne(t *testing.T) {
	evidence := goodRun()
	for _, test := range []struct {
		file  string
		wrong bool
	}{
		{"testdata/good.txt", false},
		{"testdata/wrong.txt", true},
	} {
		findings := Judge(evidence)
		if test.wrong {
			findings.problem("%d traces were split", 2)
			findings.problem("3 spans are still held")
		}
		var page bytes.Buffer
		_, err := findings.WriteTo(&page)
		require.NoError(t, err)
		if *update {
			require.NoError(t, os.WriteFile(test.file, page.Bytes(), 0o600))
		}
		want, err := os.ReadFile(test.file)
		require.NoError(t, err)
		require.Equal(t, string(want), page.String())
	}
}

// Every way in which a processor can be wrong must be seen, and be told in words
// that name it.
func TestWrongRunsAreFound(t *testing.T) {
	add := func(name string, value float64) func(*Evidence) {
		return func(e *Evidence) {
			e.Metrics[name] = append(e.Metrics[name], scrape.Sample{Value: value})
		}
	}
	for name, test := range map[string]struct {
		spoil func(*Evidence)
		want  string
	}{
		"a kept trace lacks a log":      {func(e *Evidence) { e.Kept.Logs = e.Kept.Logs[:3] }, "1 traces were split (01000000000000000000000000000000: 2 of 2 spans, 1 of 2 logs came out)"},
		"a kept trace lacks all logs":   {func(e *Evidence) { e.Kept.Logs = e.Kept.Logs[:2] }, "2 of 2 spans, 0 of 2 logs"},
		"a kept trace lacks a span":     {func(e *Evidence) { e.Kept.Spans = e.Kept.Spans[1:] }, "1 of 2 spans, 2 of 2 logs"},
		"an error trace is dropped":     {func(e *Evidence) { e.Kept.Spans = e.Kept.Spans[:2]; e.Kept.Logs = e.Kept.Logs[1:] }, "1 of 1 traces with an error did not come out whole"},
		"an error in a log is dropped":  {func(e *Evidence) { e.Sent.Logs[2].Failed = true }, "1 of 2 traces with an error"},
		"a log comes twice":             {func(e *Evidence) { e.Kept.Logs = append(e.Kept.Logs, e.Kept.Logs[0]) }, "1 items came out that nobody sent"},
		"a log is of another trace":     {func(e *Evidence) { e.Kept.Logs[0].Trace[0] = 9 }, "nobody sent"},
		"an untraced log is lost":       {func(e *Evidence) { e.Kept.Logs[1].Missing = "" }, "1 logs have no trace id, 0 of them came out"},
		"an id is left in the text":     {func(e *Evidence) { e.Kept.Logs[2].InField = false }, "1 logs came out with their trace id in the text only"},
		"spans vanish":                  {add("spans_received", 1), "spans are lost or made up: in 1005"},
		"logs are made up":              {add("logs_kept", 2), "logs are lost or made up: in 6"},
		"the processor missed a log":    {func(e *Evidence) { e.Sent.Logs = append(e.Sent.Logs, e.Sent.Logs[5]) }, "the services sent 7 logs, the processor took 6"},
		"a kept span did not come out":  {func(e *Evidence) { e.Kept.Spans = e.Kept.Spans[1:] }, "the processor kept 3 spans, 2 came out"},
		"something is held for ever":    {add("logs_held", 1), "1 logs are still held"},
		"nothing is dropped":            {func(e *Evidence) { e.Metrics["spans_dropped"] = nil }, "dropped 0 spans"},
		"a missing id is not counted":   {func(e *Evidence) { e.Metrics["logs_missing_trace_id"] = nil }, `"jobs" wrote 1 logs without a trace id (absent), the processor counted 0`},
		"an id is counted missing":      {add("logs_missing_trace_id", 4), `"" wrote 0 logs without a trace id (), the processor counted 4`},
		"a pattern for every path":      {func(e *Evidence) { e.Bounds["shop"] = 1 }, "shop has 3 route patterns, its routes justify 1 at most"},
		"more patterns than it counted": {func(e *Evidence) { e.Metrics["route_patterns"] = nil; e.Bounds["shop"] = 1 }, "shop has 3 route patterns"},
		"more patterns than come out":   {func(e *Evidence) { e.Metrics["route_patterns"][0].Value = 9 }, "shop has 9 route patterns"},
		"a span keeps no pattern":       {func(e *Evidence) { e.Kept.Spans[0].Pattern = "" }, "1 of 3 spans with a path came out without a route pattern"},
	} {
		t.Run(name, func(t *testing.T) {
			evidence := goodRun()
			test.spoil(&evidence)
			found := Judge(evidence).Problems
			require.NotEmpty(t, found)
			text := ""
			for _, problem := range found {
				text += problem + "\n"
			}
			require.Contains(t, text, test.want)
		})
	}
}

func TestNumber(t *testing.T) {
	for n, want := range map[int]string{0: "0", 999: "999", 1000: "1,000", 1234567: "1,234,567"} {
		require.Equal(t, want, number(n))
	}
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/otelcol-correlation/correlationprocessor/testkit/diagnosis"
	"github.com/otelcol-correlation/correlationprocessor/testkit/scrape"
)

// WriteTo prints the findings as one page of plain text.
func (f Findings) WriteTo(out io.Writer) (int64, error) {
	page := &page{}
	page.line("%s", f.Headline)
	page.flows(f)
	page.traces(f.Traces)
	page.routes(f.Routes)
	page.missing(f.Missing)
	page.counts("TRACE IDS FOUND IN A LOG'S TEXT (source / format)", f.Extracted)
	page.counts("DECISIONS (verdict / rule / trigger)", f.Decisions)
	page.counts("TRACES BEGUN (service / kind of the root)", f.Begun)
	page.diagnosis(f.Diagnosis)
	page.verdict(f.Problems)
	n, err := io.WriteString(out, page.String())
	return int64(n), err
}

// page is text being written; writing to it cannot fail.
type page struct{ strings.Builder }

func (p *page) line(format string, args ...any) { _, _ = fmt.Fprintf(p, format+"\n", args...) }

func (p *page) heading(text string) { p.line("\n%s", text) }

// table writes rows of equal length, one column below the other. The alignment
// has a letter for each column: l for text, r for numbers.
func (p *page) table(alignment string, rows [][]string) {
	widths := make([]int, len(alignment))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], utf8.RuneCountInString(cell))
		}
	}
	for _, row := range rows {
		var line strings.Builder
		for i, cell := range row {
			width := widths[i]
			if alignment[i] == 'l' {
				width = -width
			}
			fmt.Fprintf(&line, "  %*s", width, cell)
		}
		p.line("%s", strings.TrimRight(line.String(), " "))
	}
}

func (p *page) flows(f Findings) {
	p.heading("SIGNALS, by the processor's own counters")
	row := func(name string, w scrape.Tally) []string {
		return []string{name, number(w.Received), number(w.Kept), number(w.Dropped), number(w.Refused), number(w.Held)}
	}
	p.table("lrrrrr", [][]string{
		{"", "in", "kept", "dropped", "refused", "held"},
		row("spans", f.Spans),
		row("logs", f.Logs),
	})
}

func (p *page) traces(t Traces) {
	p.heading("TRACES, what was sent against what came out")
	p.line("  %s traces, %s of them with both spans and logs:", number(t.All), number(t.WithBoth))
	p.line("  %s came out whole, %s not at all, %s in part", number(t.Whole), number(t.Gone), number(t.Split))
	p.line("  %s traces with an error, %s of them came out whole", number(t.Errors), number(t.ErrorsIn))
}

func (p *page) routes(r Routes) {
	p.heading("ROUTES, distinct paths sent and the patterns they became")
	rows := [][]string{{"service", "paths", "patterns", "at most"}}
	for _, s := range r.Services {
		rows = append(rows, []string{s.Service, number(s.Paths), number(s.Patterns), number(s.Bound)})
	}
	p.table("lrrr", rows)
	p.line("  In the output %s of %s spans with a path carry a pattern, and %s of %s logs with a trace id.",
		number(r.SpansNamed), number(r.Spans), number(r.LogsNamed), number(r.Logs))
	p.line("  Of %s logs whose span has a pattern, %s carry the same one.", number(r.Joined), number(r.Agreed))
	p.line("  The most frequent:")
	rows = [][]string{{"items", "pattern", "for example"}}
	for _, top := range r.Top {
		rows = append(rows, []string{number(top.Count), top.Pattern, top.Example})
	}
	p.table("rll", rows)
}

func (p *page) missing(missing []Missing) {
	p.heading("LOGS WITHOUT A TRACE ID, counted and passed on")
	rows := [][]string{{"service", "reason", "logs", "of", "share"}}
	for _, m := range missing {
		rows = append(rows, []string{m.Service, m.Reason, number(m.Counted), number(m.Logs), share(m.Counted, m.Logs)})
	}
	p.table("llrrr", rows)
}

func (p *page) counts(heading string, counts []Count) {
	p.heading(heading)
	if len(counts) == 0 {
		p.line("  none")
	}
	var rows [][]string
	for _, c := range counts {
		rows = append(rows, []string{number(c.Value), c.What})
	}
	p.table("rl", rows)
}

func (p *page) diagnosis(problems []diagnosis.Problem) {
	p.heading("DIAGNOSIS, what the processor's metrics say is wrong with each service")
	if len(problems) == 0 {
		p.line("  nothing")
	}
	for _, c := range problems {
		p.line("  %s", c)
	}
}

func (p *page) verdict(problems []string) {
	if len(problems) == 0 {
		p.heading("ALL IS AS IT SHOULD BE")
		return
	}
	p.heading("WRONG")
	for _, problem := range problems {
		p.line("  - %s", problem)
	}
}

func share(part, whole int) string {
	if whole == 0 {
		return "-"
	}
	return strconv.FormatFloat(100*float64(part)/float64(whole), 'f', 1, 64) + " %"
}

// number groups the digits of a non-negative number by three.
func number(n int) string {
	digits := strconv.Itoa(n)
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return digits
}

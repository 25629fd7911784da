// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Command oracle reads the processor's metrics of a collector that services
// under test have sent their telemetry to, and says which service broke what. It
// ends with 1 if there is a problem, and with 2 if it cannot tell.
package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/testkit/diagnosis"
	"github.com/otelcol-correlation/correlationprocessor/testkit/scrape"
)

// options are the command line.
type options struct {
	url     string
	entries []string
	ignore  []string
	timeout time.Duration
	// pause is the time between two looks at the page.
	pause time.Duration
}

func main() {
	var o options
	var entries, ignore string
	flag.StringVar(&o.url, "metrics", "http://127.0.0.1:8888/metrics", "the collector's metrics page")
	flag.StringVar(&entries, "entry", "", "services that may begin traces, with commas between; all may if none is given")
	flag.StringVar(&ignore, "ignore", "", "metrics that are no problem here, with commas between")
	flag.DurationVar(&o.timeout, "timeout", time.Minute, "how long to wait until all traces have been checked")
	flag.DurationVar(&o.pause, "pause", 500*time.Millisecond, "how long nothing may have come before the verdict")
	flag.Parse()
	o.entries, o.ignore = list(entries), list(ignore)
	os.Exit(run(context.Background(), o, os.Stdout))
}

func list(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ' ' })
}

// The exits.
const (
	healthy = iota
	broken
	unknown
)

func run(ctx context.Context, o options, out io.Writer) int {
	ctx, cancel := context.WithTimeout(ctx, o.timeout)
	defer cancel()
	m, err := settled(ctx, o)
	if err != nil {
		_, _ = fmt.Fprintln(out, "cannot tell:", err)
		return unknown
	}
	return judge(m, o, out)
}

func judge(m scrape.Metrics, o options, out io.Writer) int {
	checked, skipped := m.Sum("traces_checked"), m.Sum("traces_unchecked")
	_, _ = fmt.Fprintf(out, "%.0f traces checked, %.0f spans and %.0f logs received\n", checked, m.Sum("spans_received"), m.Sum("logs_received"))
	switch {
	case skipped > 0:
		_, _ = fmt.Fprintf(out, "cannot tell: %.0f traces were not checked\n", skipped)
		return unknown
	case checked == 0 || m.Sum("spans_received") == 0:
		_, _ = fmt.Fprintln(out, "cannot tell: no span came; is the SDK set up, and does it sample?")
		return unknown
	}
	problems := slices.DeleteFunc(diagnosis.Diagnose(m, o.entries), func(c diagnosis.Problem) bool {
		return slices.Contains(o.ignore, c.Metric) || c.Metric == "traces_checked" && len(o.entries) == 0
	})
	for _, c := range problems {
		_, _ = fmt.Fprintln(out, c)
	}
	if len(problems) > 0 {
		return broken
	}
	_, _ = fmt.Fprintln(out, "all traces are whole")
	return healthy
}

// settled waits until no trace's window is open any more and nothing has come
// between two looks.
func settled(ctx context.Context, o options) (scrape.Metrics, error) {
	before := -1.0
	for {
		m, err := scrape.Fetch(ctx, o.url)
		if err != nil {
			return nil, err
		}
		now := m.Sum("spans_received") + m.Sum("logs_received")
		if m.Sum("integrity_traces") == 0 && now == before {
			return m, nil
		}
		before = now
		select {
		case <-ctx.Done():
			return nil, fmt.Errorf("%.0f traces are still open: %w", m.Sum("integrity_traces"), ctx.Err())
		case <-time.After(o.pause):
		}
	}
}

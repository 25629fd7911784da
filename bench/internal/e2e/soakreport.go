// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/bench/internal/report"
	"github.com/otelcol-correlation/correlationprocessor/testkit/scrape"
)

// look is what a soak saw at one time.
type look struct {
	at          time.Duration
	rss         int64
	buffer      int64 // the gauge of the bytes held
	limit       int64
	lost        int64 // the counter of evidence lost
	retried     int64 // calls
	spans, logs scrape.Tally
	balanced    bool
	reads       int // of the metrics page, until the sums were right
}

func (l look) String() string {
	return fmt.Sprintf("%6.0fs  %4d MB RSS, %4d of %d MB held, %d calls retried, spans %+v, logs %+v, balanced %v after %d reads",
		l.at.Seconds(), l.rss/1e6, l.buffer/1e6, l.limit/1e6, l.retried, l.spans, l.logs, l.balanced, l.reads)
}

// soakReport is what a soak found out.
type soakReport struct {
	warm    time.Duration
	looks   []look
	end     look   // when nothing was sent any more and all was decided
	came    counts // to the sink
	missing counts // failed spans and logs of errors that did not come out
	rounds  int
	retried int64
	said    string // by the collector
}

// steadyRSS is the memory seen after the warm-up, in order of time.
func (r *soakReport) steadyRSS() (all []int64) {
	for _, l := range r.looks {
		if l.at >= r.warm {
			all = append(all, l.rss)
		}
	}
	return all
}

// growth is the median of the last third over that of the first; 0 if there are
// too few values to say.
func growth(values []int64) float64 {
	third := len(values) / 3
	if third == 0 {
		return 0
	}
	return float64(report.Median(values[len(values)-third:])) / float64(report.Median(values[:third]))
}

// mostGrowth is how much more memory than in the first third of a soak the last
// one may take: less than what a leak makes of minutes, more than the garbage
// collector's cycles.
const mostGrowth = 1.1

// judge names all that should not be.
func (r *soakReport) judge() error {
	var faults []error
	fault := func(bad bool, format string, args ...any) {
		if bad {
			faults = append(faults, fmt.Errorf(format, args...))
		}
	}
	switch g := growth(r.steadyRSS()); {
	case g == 0:
		fault(true, "too few looks after the warm-up to see if the memory grows; let it last longer")
	default:
		fault(g > mostGrowth, "RSS grew to %.2f of what it was", g)
	}
	for _, l := range append(r.looks, r.end) {
		at := l.at.Round(time.Second)
		fault(!l.balanced, "after %v not every item has one fate: spans %+v, logs %+v", at, l.spans, l.logs)
		fault(l.buffer > l.limit, "after %v %d bytes are held, the limit is %d", at, l.buffer, l.limit)
		fault(l.lost > 0, "after %v %d items of evidence are lost by the processor's own count", at, l.lost)
	}
	fault(r.end.spans.Held+r.end.logs.Held > 0, "%d spans and %d logs are held in the end", r.end.spans.Held, r.end.logs.Held)
	fault(r.came.spans != r.end.spans.Kept || r.came.logs != r.end.logs.Kept,
		"%d spans and %d logs came, but %d and %d were kept", r.came.spans, r.came.logs, r.end.spans.Kept, r.end.logs.Kept)
	fault(r.missing != counts{}, "%d failed spans and %d logs of errors did not come out", r.missing.spans, r.missing.logs)
	fault(len(r.looks) == 0 || r.rounds == 0, "nothing was seen or sent")
	return errors.Join(faults...)
}

// print writes the report as a table.
func (r *soakReport) print(out io.Writer) {
	steady := r.steadyRSS()
	if len(steady) == 0 {
		steady = []int64{0}
	}
	var buffer, limit int64
	reads := 0
	for _, l := range r.looks {
		buffer, limit, reads = max(buffer, l.buffer), l.limit, max(reads, l.reads)
	}
	items := r.end.spans.Received - r.end.spans.Refused + r.end.logs.Received - r.end.logs.Refused
	fmt.Fprint(out, "| what\t| measured\t|\n|---\t|---\t|\n")
	for _, row := range []struct{ what, measured string }{
		{"items taken", fmt.Sprintf("%d in %d rounds, %.0f a second", items, r.rounds, float64(items)/max(1, r.lastLook().Seconds()))},
		{"RSS after the warm-up", fmt.Sprintf("%d MB, %d to %d", report.Median(steady)/1e6, slices.Min(steady)/1e6, slices.Max(steady)/1e6)},
		{"RSS of the last third over the first", fmt.Sprintf("%.3f", growth(steady))},
		{"most held", fmt.Sprintf("%d of %d MB", buffer/1e6, limit/1e6)},
		{"looks at the sums, all exact", fmt.Sprintf("%d, with at most %d reads", len(r.looks)+1, reads)},
		{"calls refused for lack of room and sent again", fmt.Sprint(r.retried)},
		{"failed spans and logs of errors missing", fmt.Sprintf("%d and %d", r.missing.spans, r.missing.logs)},
		{"evidence lost by the processor's count", fmt.Sprint(r.end.lost)},
	} {
		fmt.Fprintf(out, "| %s\t| %s\t|\n", row.what, row.measured)
	}
	if r.said != "" {
		fmt.Fprintf(out, "\nThe collector said:\n%s", r.said)
	}
}

func (r *soakReport) lastLook() time.Duration {
	if len(r.looks) == 0 {
		return 0
	}
	return r.looks[len(r.looks)-1].at
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Command gate asks Prometheus whether a new version of a service breaks more
// traces than the old one that runs beside it. It ends with 0 if it does not,
// with 1 if it does, and with 2 if it cannot tell.
//
// The versions are told apart by service.version, so the collector's processor
// must have it in telemetry.attributes.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/testkit/prometheus"
)

//go:embed canary.promql
var canary string

// question is the command line.
type question struct {
	prometheus            string
	service, newer, older string
	window                time.Duration
	least                 int
	tolerance             float64
}

func main() {
	var q question
	flag.StringVar(&q.prometheus, "prometheus", "http://127.0.0.1:9090", "Prometheus, or what speaks its API")
	flag.StringVar(&q.service, "service", "", "service.name")
	flag.StringVar(&q.newer, "new", "", "service.version of the canary")
	flag.StringVar(&q.older, "old", "", "service.version that runs beside it")
	flag.DurationVar(&q.window, "window", 5*time.Minute, "how far to look back")
	flag.IntVar(&q.least, "min", 100, "how many items of the new version a check needs")
	flag.Float64Var(&q.tolerance, "tolerance", 0.01, "by how much a share may be worse")
	flag.Parse()
	os.Exit(q.run(context.Background(), os.Stdout))
}

// The exits.
const (
	pass = iota
	fail
	unknown
)

// query is the question in PromQL.
func (q *question) query() string {
	quoted := func(s string) string { q := strconv.Quote(s); return q[1 : len(q)-1] }
	return strings.NewReplacer(
		"$service", quoted(q.service), "$new", quoted(q.newer), "$old", quoted(q.older),
		"$window", fmt.Sprintf("%ds", int(q.window.Seconds())), "$min", strconv.Itoa(q.least),
	).Replace(canary)
}

func (q *question) run(ctx context.Context, out io.Writer) int {
	checks, err := q.ask(ctx)
	if err != nil {
		_, _ = fmt.Fprintln(out, "cannot tell:", err)
		return unknown
	}
	verdict := pass
	for _, c := range checks {
		word := "ok  "
		if c.worse > q.tolerance {
			word, verdict = "FAIL", fail
		}
		_, _ = fmt.Fprintf(out, "%s %-22s %s %s is %+.2f points against %s\n", word, c.name, q.service, q.newer, 100*c.worse, q.older)
	}
	return verdict
}

// check is by how much a share is worse.
type check struct {
	name  string
	worse float64
}

// errNoData: an empty answer is no pass.
var errNoData = errors.New("too little came of the new version, or nothing of the old; is service.version in telemetry.attributes?")

func (q *question) ask(ctx context.Context) (out []check, err error) {
	series, err := prometheus.Query(ctx, q.prometheus, q.query())
	if err != nil {
		return nil, err
	}
	for _, one := range series {
		out = append(out, check{one.Labels["check"], one.Value})
	}
	if len(out) == 0 {
		return nil, errNoData
	}
	slices.SortFunc(out, func(a, b check) int { return strings.Compare(a.name, b.name) })
	return out, nil
}

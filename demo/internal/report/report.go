// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package report judges a demo run: it compares what the services sent with
// what came out of the collector and with what the collector says about itself.
package report

import (
	"fmt"

	"github.com/otelcol-correlation/correlationprocessor/demo/internal/sink"
	"github.com/otelcol-correlation/correlationprocessor/testkit/diagnosis"
	"github.com/otelcol-correlation/correlationprocessor/testkit/scrape"
)

// Evidence is all that a run leaves behind.
type Evidence struct {
	// Headline says what was run, on one line.
	Headline string
	// Sent is what the services recorded, seen by a witness beside the collector.
	Sent sink.Records
	// Kept is what the collector passed on.
	Kept sink.Records
	// Metrics are the processor's own, read when it had nothing left to decide.
	Metrics scrape.Metrics
	// Bounds is the most patterns each service's routes justify.
	Bounds map[string]int
}

// Findings is the judged run. It is right if there are no Problems.
type Findings struct {
	Headline  string
	Spans     scrape.Tally
	Logs      scrape.Tally
	Traces    Traces
	Routes    Routes
	Missing   []Missing
	Extracted []Count
	Decisions []Count
	// Begun are the traces by the service and the kind of their root.
	Begun []Count
	// Diagnosis says by service what is broken about its telemetry.
	Diagnosis []diagnosis.Problem
	Problems  []string
}

// Judge examines the evidence. It changes none of it.
func Judge(e Evidence) Findings {
	f := Findings{Headline: e.Headline}
	f.judgeFlows(e)
	f.judgeTraces(e)
	f.judgeRoutes(e)
	f.judgeMissing(e)
	f.Extracted = countsOf(e.Metrics["logs_trace_id_extracted"], "source", "format")
	f.Decisions = countsOf(e.Metrics["decisions"], "verdict", "rule", "trigger")
	f.Begun = countsOf(e.Metrics["traces_checked"], "service_name", "root")
	f.Diagnosis = diagnosis.Diagnose(e.Metrics, nil)
	return f
}

func (f *Findings) problem(format string, args ...any) {
	f.Problems = append(f.Problems, fmt.Sprintf(format, args...))
}

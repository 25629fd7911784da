// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"bufio"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/plog/plogotlp"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/collector/pdata/ptrace/ptraceotlp"
	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	"github.com/otelcol-correlation/correlationprocessor/testkit/otlp"
)

// The ways in which the stand-in for a collector behaves, given in the place of
// its config.
const (
	passesAll   = "passes-all"   // counts and passes on, decides nothing
	dropsLogs   = "drops-logs"   // counts, passes on spans only
	neverStarts = "never-starts" // ends before it is healthy
	endsEarly   = "ends-early"   // ends when the first span comes
)

// fakeCollector has the ends of the collector that the demo touches: OTLP in
// and out, a tailed file, a health check and a metrics page.
type fakeCollector struct {
	mode   string
	traces ptraceotlp.GRPCClient
	logs   plogotlp.GRPCClient

	spansIn, logsIn, logsOut atomic.Int64
}

func playCollector(mode string) {
	if mode == neverStarts {
		fmt.Println("a bad key in the config")
		os.Exit(7)
	}
	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer cancel()
	backend, err := grpc.NewClient(os.Getenv("OTEL_BACKEND_ENDPOINT"), grpc.WithTransportCredentials(insecure.NewCredentials()))
	must(err)
	f := &fakeCollector{mode: mode, traces: ptraceotlp.NewGRPCClient(backend), logs: plogotlp.NewGRPCClient(backend)}
	_, err = otlp.Listen(os.Getenv("OTLP_GRPC_ENDPOINT"), f.passSpans, f.passLogs)
	must(err)
	go f.tail(ctx, os.Getenv("LOG_FILES"))
	http.HandleFunc("/metrics", f.metrics)
	go func() { must(http.ListenAndServe(os.Getenv("METRICS_HOST")+":"+os.Getenv("METRICS_PORT"), nil)) }()
	go func() { must(http.ListenAndServe(os.Getenv("HEALTH_ENDPOINT"), http.HandlerFunc(healthy))) }()
	<-ctx.Done()
}

func healthy(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }

func must(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}

func (f *fakeCollector) metrics(w http.ResponseWriter, _ *http.Request) {
	in, out := f.logsIn.Load(), f.logsOut.Load()
	for name, value := range map[string]int64{
		"spans_received": f.spansIn.Load(), "spans_kept": f.spansIn.Load(),
		"logs_received": in, "logs_kept": out, "logs_dropped": in - out,
	} {
		_, err := fmt.Fprintf(w, "# TYPE %[1]s counter\n%[1]s %[2]d\n", "otelcol_processor_correlation_"+name+"_total", value)
		must(err)
	}
}

// tail passes on the lines of the first file that matches, as file_log does.
func (f *fakeCollector) tail(ctx context.Context, pattern string) {
	var lines *bufio.Reader
	begun := ""
	for ctx.Err() == nil {
		time.Sleep(20 * time.Millisecond)
		if lines == nil {
			if found, _ := filepath.Glob(pattern); len(found) > 0 {
				file, err := os.Open(found[0])
				must(err)
				lines = bufio.NewReader(file)
			}
			continue
		}
		begun = f.passLines(ctx, begun, lines)
	}
}

// passLines passes on the lines that are whole. The rest is the beginning of the next one,
// which may be read while it is written.
func (f *fakeCollector) passLines(ctx context.Context, begun string, lines *bufio.Reader) (rest string) {
	logs := plog.NewLogs()
	resource := logs.ResourceLogs().AppendEmpty()
	resource.Resource().Attributes().PutStr("service.name", "orders")
	records := resource.ScopeLogs().AppendEmpty().LogRecords()
	for {
		line, err := lines.ReadString('\n')
		line, begun = begun+line, ""
		if err != nil {
			rest = line
			break
		}
		records.AppendEmpty().Body().SetStr(line[:len(line)-1])
	}
	must(f.passLogs(ctx, logs))
	return rest
}

func (f *fakeCollector) passLogs(ctx context.Context, logs plog.Logs) error {
	n := int64(logs.LogRecordCount())
	f.logsIn.Add(n)
	if f.mode == dropsLogs || n == 0 {
		return nil
	}
	_, err := f.logs.Export(ctx, plogotlp.NewExportRequestFromLogs(logs))
	f.logsOut.Add(n)
	return err
}

// passSpans gives every span a pattern, as if all had the same route.
func (f *fakeCollector) passSpans(ctx context.Context, traces ptrace.Traces) error {
	if f.mode == endsEarly {
		fmt.Println("a bug in the processor")
		os.Exit(9)
	}
	for _, resource := range traces.ResourceSpans().All() {
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				span.Attributes().PutStr("url.template", "/{any...}")
			}
		}
	}
	f.spansIn.Add(int64(traces.SpanCount()))
	_, err := f.traces.Export(ctx, ptraceotlp.NewExportRequestFromTraces(traces))
	return err
}

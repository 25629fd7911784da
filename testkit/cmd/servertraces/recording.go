// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"compress/gzip"
	"context"
	"errors"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/testkit/otlp"
	"github.com/otelcol-correlation/correlationprocessor/testkit/process"
)

// quiet is how long no span may come before all are taken to have come. It is
// long against the delay with which the programs are told to export.
const quiet = 700 * time.Millisecond

// recording gathers what programs send, and cuts it into messages: of each signal
// one for the requests since the last cut, as if a collector's batches.
type recording struct {
	sink     *otlp.Sink
	programs []*program
	mu       sync.Mutex
	spans    ptrace.Traces
	came     time.Time // when the last spans came
	traces   message
	logs     message
}

// program is a running server.
type program struct {
	process *process.Process
	server  server
	read    int // bytes of the output
}

// message appends messages to a file, a line each.
type message struct {
	file *os.File
	gzip *gzip.Writer
}

func newRecording(folder string) (*recording, error) {
	r := &recording{spans: ptrace.NewTraces()}
	err := os.MkdirAll(folder, 0o755)
	if err == nil {
		r.traces, err = create(filepath.Join(folder, "traces.jsonl.gz"))
	}
	if err == nil {
		r.logs, err = create(filepath.Join(folder, "logs.jsonl.gz"))
	}
	if err == nil {
		r.sink, err = otlp.Listen(otlp.Free, r.take, func(context.Context, plog.Logs) error { return nil })
	}
	return r, err
}

func (r *recording) take(_ context.Context, td ptrace.Traces) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	td.ResourceSpans().MoveAndAppendTo(r.spans.ResourceSpans())
	r.came = time.Now()
	return nil
}

// environment has a program send its spans here, soon.
func (r *recording) environment(service string) []string {
	return []string{
		"OTEL_SERVICE_NAME=" + service,
		"OTEL_EXPORTER_OTLP_ENDPOINT=http://" + r.sink.Addr(),
		"OTEL_EXPORTER_OTLP_PROTOCOL=grpc",
		"OTEL_EXPORTER_OTLP_INSECURE=true",
		"OTEL_BSP_SCHEDULE_DELAY=100",
		"OTEL_METRICS_EXPORTER=none",
		"OTEL_LOGS_EXPORTER=none",
	}
}

// cut waits until nothing comes any more and writes what came since the last cut.
func (r *recording) cut() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.came = time.Now()
	for time.Since(r.came) < quiet {
		r.mu.Unlock()
		time.Sleep(quiet / 10)
		r.mu.Lock()
	}
	trim(r.spans)
	spans, errSpans := (&ptrace.JSONMarshaler{}).MarshalTraces(r.spans)
	r.spans = ptrace.NewTraces()
	ld := plog.NewLogs()
	for _, p := range r.programs {
		p.appendLines(ld.ResourceLogs().AppendEmpty())
	}
	logs, errLogs := (&plog.JSONMarshaler{}).MarshalLogs(ld)
	return errors.Join(errSpans, errLogs, r.traces.append(spans), r.logs.append(logs))
}

// tokens are what queries carry of secrets.
var tokens = regexp.MustCompile(`_state=[^&\\ "]*`)

// appendLines writes the new lines of the program's access log as a collector that
// reads them would.
func (p *program) appendLines(rl plog.ResourceLogs) {
	rl.Resource().Attributes().PutStr("service.name", p.server.name)
	records := rl.ScopeLogs().AppendEmpty().LogRecords()
	output := p.process.Output()
	end := strings.LastIndexByte(output, '\n') + 1
	for line := range strings.Lines(output[p.read:end]) {
		if line = strings.TrimSuffix(line, "\n"); p.server.isAccess != nil && p.server.isAccess(line) {
			records.AppendEmpty().Body().SetStr(tokens.ReplaceAllString(line, ""))
		}
	}
	p.read = end
}

// told are the attributes of spans that tell of the request. The others name hosts,
// ports and programs, and are left out.
var told = map[string]bool{"http.request.method": true, "url.path": true, "http.route": true, "http.response.status_code": true}

// trim keeps the spans of servers, and of them what a route can be found by.
func trim(td ptrace.Traces) {
	td.ResourceSpans().RemoveIf(func(rs ptrace.ResourceSpans) bool {
		keep(rs.Resource().Attributes(), map[string]bool{"service.name": true})
		rs.SetSchemaUrl("")
		rs.ScopeSpans().RemoveIf(func(ss ptrace.ScopeSpans) bool {
			ss.SetSchemaUrl("")
			ss.Spans().RemoveIf(func(s ptrace.Span) bool {
				keep(s.Attributes(), told)
				s.Events().RemoveIf(func(ptrace.SpanEvent) bool { return true })
				return s.Kind() != ptrace.SpanKindServer
			})
			return ss.Spans().Len() == 0
		})
		return rs.ScopeSpans().Len() == 0
	})
}

func keep(attrs pcommon.Map, keys map[string]bool) {
	attrs.RemoveIf(func(key string, _ pcommon.Value) bool { return !keys[key] })
}

// close ends the programs and the files. All that the programs had to send is here.
func (r *recording) close() error {
	for _, p := range r.programs {
		p.process.Kill()
	}
	if r.sink != nil {
		r.sink.Close()
	}
	return errors.Join(r.traces.close(), r.logs.close())
}

func create(path string) (message, error) {
	file, err := os.Create(path)
	if err != nil {
		return message{}, err
	}
	return message{file: file, gzip: gzip.NewWriter(file)}, nil
}

func (m message) append(line []byte) error {
	_, err := m.gzip.Write(append(line, '\n'))
	return err
}

func (m message) close() error {
	if m.file == nil {
		return nil
	}
	return errors.Join(m.gzip.Close(), m.file.Close())
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// sink is an OTLP receiver over HTTP that keeps what it gets.
type sink struct {
	server *httptest.Server
	mu     sync.Mutex
	spans  ptrace.Traces
	logs   plog.Logs
}

func newSink() *sink {
	s := &sink{spans: ptrace.NewTraces(), logs: plog.NewLogs()}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/traces", receive(func(body []byte) error {
		td, err := (&ptrace.ProtoUnmarshaler{}).UnmarshalTraces(body)
		if err == nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			td.ResourceSpans().MoveAndAppendTo(s.spans.ResourceSpans())
		}
		return err
	}))
	mux.HandleFunc("POST /v1/logs", receive(func(body []byte) error {
		ld, err := (&plog.ProtoUnmarshaler{}).UnmarshalLogs(body)
		if err == nil {
			s.mu.Lock()
			defer s.mu.Unlock()
			ld.ResourceLogs().MoveAndAppendTo(s.logs.ResourceLogs())
		}
		return err
	}))
	s.server = httptest.NewServer(mux)
	return s
}

func receive(take func([]byte) error) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = take(body)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		w.Header().Set("Content-Type", "application/x-protobuf")
	}
}

func (s *sink) url() string { return s.server.URL }

func (s *sink) close() { s.server.Close() }

// write writes what was received as OTLP JSON.
func (s *sink) write(folder string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	spans, errSpans := (&ptrace.JSONMarshaler{}).MarshalTraces(s.spans)
	logs, errLogs := (&plog.JSONMarshaler{}).MarshalLogs(s.logs)
	return errors.Join(errSpans, errLogs,
		os.WriteFile(filepath.Join(folder, "traces.json"), append(spans, '\n'), 0o644),
		os.WriteFile(filepath.Join(folder, "logs.json"), append(logs, '\n'), 0o644))
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"context"
	"regexp"
	"strings"
	"sync"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/testkit/otlp"
)

// item is what is looked at of a span or a log.
type item struct {
	service, pattern, path string
	trace                  pcommon.TraceID
	span                   pcommon.SpanID
	log, server            bool
	warm                   bool // it began when the routes had been learned
	text                   string
}

// sink keeps what the collector sends it.
type sink struct {
	*otlp.Sink
	warm time.Time
	mu   sync.Mutex
	got  []item
}

func listen() (s *sink, err error) {
	s = &sink{}
	s.Sink, err = otlp.Listen(otlp.Free, s.takeTraces, s.takeLogs)
	return s, err
}

// amount is a number of items.
type amount struct{ spans, logs int }

func (s *sink) counts() (n amount) {
	for _, it := range s.items() {
		if it.log {
			n.logs++
		} else {
			n.spans++
		}
	}
	return n
}

func (s *sink) items() []item {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.got
}

func text(attrs pcommon.Map, keys ...string) string {
	for _, key := range keys {
		if v, ok := attrs.Get(key); ok {
			return v.AsString()
		}
	}
	return ""
}

// pathOf is the path without the query that one of the attributes holds.
func pathOf(attrs pcommon.Map) string {
	path, _, _ := strings.Cut(text(attrs, "url.path", "http.target"), "?")
	return path
}

func (s *sink) takeTraces(_ context.Context, td ptrace.Traces) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, rs := range td.ResourceSpans().All() {
		service := text(rs.Resource().Attributes(), "service.name")
		for _, ss := range rs.ScopeSpans().All() {
			for _, sp := range ss.Spans().All() {
				s.got = append(s.got, item{
					service: service, trace: sp.TraceID(), span: sp.SpanID(), server: sp.Kind() == ptrace.SpanKindServer,
					pattern: text(sp.Attributes(), "url.template"), path: pathOf(sp.Attributes()), warm: sp.StartTimestamp().AsTime().After(s.warm),
				})
			}
		}
	}
	return nil
}

// pathInText finds the path in the lines of the programs here.
var pathInText = regexp.MustCompile(`"(?:path|uri)":"([^"?]*)|"(?:request":")?[A-Z]+ (/[^"? ]*)`)

func (s *sink) takeLogs(_ context.Context, ld plog.Logs) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, rl := range ld.ResourceLogs().All() {
		service := text(rl.Resource().Attributes(), "service.name")
		for _, sl := range rl.ScopeLogs().All() {
			for _, lr := range sl.LogRecords().All() {
				body := lr.Body().AsString()
				it := item{
					service: service, trace: lr.TraceID(), span: lr.SpanID(), log: true, text: body,
					pattern: text(lr.Attributes(), "url.template"), warm: lr.ObservedTimestamp().AsTime().After(s.warm),
				}
				if m := pathInText.FindStringSubmatch(body); m != nil {
					it.path = m[1] + m[2]
				}
				s.got = append(s.got, it)
			}
		}
	}
	return nil
}

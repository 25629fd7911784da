// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// SpanFailed reports whether the span is evidence of a failure: an HTTP 5xx, a
// gRPC status that is the server's fault, or an error status, unless that is
// how a client reports a 4xx, which is the caller's mistake and too common to be
// evidence (semantic conventions, HTTP spans, "Status").
func SpanFailed(s ptrace.Span, v *Span) bool {
	if v.Status >= 500 || s.Kind() == ptrace.SpanKindServer && grpcServerFault(v.GRPCStatus) {
		return true
	}
	clientError := s.Kind() == ptrace.SpanKindClient && v.Status >= 400
	return s.Status().Code() == ptrace.StatusCodeError && !clientError
}

// grpcServerFault reports whether a server span with the status code has failed by
// its own fault (semantic conventions, gRPC): UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED,
// INTERNAL, UNAVAILABLE and DATA_LOSS.
func grpcServerFault(code string) bool {
	switch code {
	case "2", "4", "12", "13", "14", "15",
		"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS":
		return true
	}
	return false
}

// LogFailed reports whether the log record is evidence of a failure: severity
// ERROR or above, by its number or, where that is unset, by its text or its
// body's level; or an access log of a 5xx.
func LogFailed(lr plog.LogRecord, v *Log) bool {
	if v.Status >= 500 {
		return true
	}
	if n := lr.SeverityNumber(); n != plog.SeverityNumberUnspecified {
		return n >= plog.SeverityNumberError
	}
	if text := lr.SeverityText(); text != "" {
		return errorLevel(text)
	}
	return errorLevel(v.level)
}

// errorLevel reports whether the level, as the common logging libraries and syslog
// name it, is ERROR or worse.
func errorLevel(text string) bool {
	if len(text) < 3 || len(text) > 9 {
		return false
	}
	for _, level := range [...]string{"error", "err", "fatal", "critical", "crit", "alert", "emerg", "emergency", "panic", "dpanic", "severe"} {
		if strings.EqualFold(text, level) {
			return true
		}
	}
	return false
}

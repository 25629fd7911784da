// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/loglevel"
)

// SpanFailed reports whether the span is evidence of a failure: an HTTP 5xx, a
// gRPC status that is the server's fault, or an error status, unless that is
// how a client reports what is the caller's mistake, and too common to be
// evidence: a 4xx, or a gRPC status that is no fault of the server's. Semantic
// conventions have clients report those as errors (HTTP spans, "Status"; gRPC,
// "Status"), and google.rpc.Code maps them to 4xx.
func SpanFailed(s ptrace.Span, v *Span) bool {
	fault, answered := grpcFault(v.GRPCStatus)
	if isServerError(v.Status) || s.Kind() == ptrace.SpanKindServer && fault {
		return true
	}
	callersMistake := s.Kind() == ptrace.SpanKindClient && (v.Status >= 400 || answered && !fault)
	return s.Status().Code() == ptrace.StatusCodeError && !callersMistake
}

// isServerError reports whether a status of HTTP is one from 500 to 599.
func isServerError(status int) bool { return 500 <= status && status <= 599 }

// grpcFault reports whether a gRPC status code, by its number or name, says that a call failed by the server's
// fault: UNKNOWN, DEADLINE_EXCEEDED, UNIMPLEMENTED, INTERNAL, UNAVAILABLE or DATA_LOSS (semantic conventions, gRPC); and
// whether it says that the server, or the client that gave up, answered with another code than OK.
func grpcFault(code string) (fault, answered bool) {
	switch code {
	case "", "0", "OK", "ok":
		return false, false
	case "2", "4", "12", "13", "14", "15",
		"UNKNOWN", "DEADLINE_EXCEEDED", "UNIMPLEMENTED", "INTERNAL", "UNAVAILABLE", "DATA_LOSS",
		"unknown", "deadline_exceeded", "unimplemented", "internal", "unavailable", "data_loss": // Connect
		return true, true
	}
	return false, true
}

// LogFailed reports whether the log record is evidence of a failure: severity
// ERROR or above, by its number or, where that is unset, by its text or by what
// its attributes, its body or its resource state; or an access log of a 5xx.
func LogFailed(lr plog.LogRecord, v *Log) bool {
	if isServerError(v.Status) {
		return true
	}
	if n := lr.SeverityNumber(); n != plog.SeverityNumberUnspecified {
		return n >= plog.SeverityNumberError
	}
	if level := loglevel.Parse(lr.SeverityText()); level != loglevel.Unknown {
		return level == loglevel.Error
	}
	return v.level == loglevel.Error
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"iter"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// EachSpan yields every span with its resource, in the order of the batch.
func EachSpan(td ptrace.Traces) iter.Seq2[pcommon.Resource, ptrace.Span] {
	return func(yield func(pcommon.Resource, ptrace.Span) bool) {
		for _, rs := range td.ResourceSpans().All() {
			for s := range SpansIn(rs) {
				if !yield(rs.Resource(), s) {
					return
				}
			}
		}
	}
}

// SpansIn yields every span of a resource.
func SpansIn(rs ptrace.ResourceSpans) iter.Seq[ptrace.Span] {
	return func(yield func(ptrace.Span) bool) {
		for _, ss := range rs.ScopeSpans().All() {
			for _, s := range ss.Spans().All() {
				if !yield(s) {
					return
				}
			}
		}
	}
}

// HasTrace reports whether one of the spans has a trace id.
func HasTrace(td ptrace.Traces) bool {
	for _, s := range EachSpan(td) {
		if !s.TraceID().IsEmpty() {
			return true
		}
	}
	return false
}

// EachLog yields every log record with its resource, in the order of the batch.
func EachLog(ld plog.Logs) iter.Seq2[pcommon.Resource, plog.LogRecord] {
	return func(yield func(pcommon.Resource, plog.LogRecord) bool) {
		for _, rl := range ld.ResourceLogs().All() {
			for lr := range LogsIn(rl) {
				if !yield(rl.Resource(), lr) {
					return
				}
			}
		}
	}
}

// LogsIn yields every log record of a resource.
func LogsIn(rl plog.ResourceLogs) iter.Seq[plog.LogRecord] {
	return func(yield func(plog.LogRecord) bool) {
		for _, sl := range rl.ScopeLogs().All() {
			for _, lr := range sl.LogRecords().All() {
				if !yield(lr) {
					return
				}
			}
		}
	}
}

// RemoveSpans removes the spans for which drop returns true, and the scopes and
// resources that are empty then. It calls drop once for each span, in order.
func RemoveSpans(td ptrace.Traces, drop func(ptrace.Span) bool) {
	td.ResourceSpans().RemoveIf(func(rs ptrace.ResourceSpans) bool {
		rs.ScopeSpans().RemoveIf(func(ss ptrace.ScopeSpans) bool {
			ss.Spans().RemoveIf(drop)
			return ss.Spans().Len() == 0
		})
		return rs.ScopeSpans().Len() == 0
	})
}

// RemoveLogs does for log records what RemoveSpans does for spans.
func RemoveLogs(ld plog.Logs, drop func(plog.ResourceLogs, plog.ScopeLogs, plog.LogRecord) bool) {
	ld.ResourceLogs().RemoveIf(func(rl plog.ResourceLogs) bool {
		rl.ScopeLogs().RemoveIf(func(sl plog.ScopeLogs) bool {
			sl.LogRecords().RemoveIf(func(lr plog.LogRecord) bool { return drop(rl, sl, lr) })
			return sl.LogRecords().Len() == 0
		})
		return rl.ScopeLogs().Len() == 0
	})
}

// ClearSpans removes all spans of a batch with their scopes and resources.
func ClearSpans(td ptrace.Traces) {
	td.ResourceSpans().RemoveIf(func(ptrace.ResourceSpans) bool { return true })
}

// ClearLogs removes all log records of a batch with their scopes and resources.
func ClearLogs(ld plog.Logs) {
	ld.ResourceLogs().RemoveIf(func(plog.ResourceLogs) bool { return true })
}

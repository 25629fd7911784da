// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package conditions

import (
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottllog"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlresource"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlspan"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/rules/fingerprint"
)

// Item is a span or a log record with its scope and resource, as conditions look at
// it. It borrows all of them from the caller. Its OTTL contexts are made when a
// condition first asks for them, and Close gives them back.
type Item struct {
	spans      ptrace.ResourceSpans
	scopeSpans ptrace.ScopeSpans
	span       ptrace.Span
	logs       plog.ResourceLogs
	scopeLogs  plog.ScopeLogs
	record     plog.LogRecord
	isLog      bool
	resource   []bool // the conditions on resources its resource meets

	spanContext *ottlspan.TransformContext
	logContext  *ottllog.TransformContext
}

// Reset makes the item as good as new.
func (it *Item) Reset() { *it = Item{resource: it.resource[:0]} }

// EnterSpans begins the spans of a resource. Set.Enter finds which conditions that
// meets.
func (it *Item) EnterSpans(rs ptrace.ResourceSpans) { it.spans = rs }

// EnterLogs begins the log records of a resource.
func (it *Item) EnterLogs(rl plog.ResourceLogs) { it.logs, it.isLog = rl, true }

// Span makes it the item of a span of the resource entered.
func (it *Item) Span(ss ptrace.ScopeSpans, s ptrace.Span) { it.scopeSpans, it.span = ss, s }

// Log makes it the item of a log record of the resource entered.
func (it *Item) Log(sl plog.ScopeLogs, lr plog.LogRecord) { it.scopeLogs, it.record = sl, lr }

// Resource returns the resource entered.
func (it *Item) Resource() pcommon.Resource {
	if it.isLog {
		return it.logs.Resource()
	}
	return it.spans.Resource()
}

// Fingerprinted returns the item as fingerprints are taken of it.
func (it *Item) Fingerprinted() fingerprint.Item {
	if it.isLog {
		return fingerprint.Log(it.record, it.logs.Resource())
	}
	return fingerprint.Span(it.span, it.spans.Resource())
}

// Close gives the contexts back.
func (it *Item) Close() {
	if it.spanContext != nil {
		it.spanContext.Close()
		it.spanContext = nil
	}
	if it.logContext != nil {
		it.logContext.Close()
		it.logContext = nil
	}
}

func (it *Item) inSpan() *ottlspan.TransformContext {
	if it.spanContext == nil {
		it.spanContext = ottlspan.NewTransformContext(it.spans, it.scopeSpans, it.span)
	}
	return it.spanContext
}

func (it *Item) inLog() *ottllog.TransformContext {
	if it.logContext == nil {
		it.logContext = ottllog.NewTransformContext(it.logs, it.scopeLogs, it.record)
	}
	return it.logContext
}

func (it *Item) inResource() *ottlresource.TransformContext {
	if it.isLog {
		return ottlresource.NewTransformContext(it.logs.Resource(), it.logs)
	}
	return ottlresource.NewTransformContext(it.spans.Resource(), it.spans)
}

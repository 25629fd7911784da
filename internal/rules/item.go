// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottllog"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/contexts/ottlspan"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// item is a span or a log record with its scope and resource, as conditions look at
// it. Its OTTL contexts are made when a condition first asks for them.
type item struct {
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

func (it *item) inSpan() *ottlspan.TransformContext {
	if it.spanContext == nil {
		it.spanContext = ottlspan.NewTransformContext(it.spans, it.scopeSpans, it.span)
	}
	return it.spanContext
}

func (it *item) inLog() *ottllog.TransformContext {
	if it.logContext == nil {
		it.logContext = ottllog.NewTransformContext(it.logs, it.scopeLogs, it.record)
	}
	return it.logContext
}

// close gives the contexts back.
func (it *item) close() {
	if it.spanContext != nil {
		it.spanContext.Close()
		it.spanContext = nil
	}
	if it.logContext != nil {
		it.logContext.Close()
		it.logContext = nil
	}
}

func (it *item) attributes() pcommon.Map {
	if it.isLog {
		return it.record.Attributes()
	}
	return it.span.Attributes()
}

func (it *item) resourceAttributes() pcommon.Map {
	if it.isLog {
		return it.logs.Resource().Attributes()
	}
	return it.spans.Resource().Attributes()
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"net/url"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

// patternAttribute is where the processor puts the route pattern by default.
const patternAttribute = "url.template"

// Span is what a check needs to know of a span.
type Span struct {
	Service string
	Trace   pcommon.TraceID
	ID      pcommon.SpanID
	Path    string // raw path without query, empty if the span tells none
	Pattern string // route pattern, empty if the span has none
	Failed  bool   // answered with a 5xx, or failed without an HTTP status
}

func readSpans(traces ptrace.Traces) []Span {
	spans := make([]Span, 0, traces.SpanCount())
	for _, resource := range traces.ResourceSpans().All() {
		service := text(resource.Resource().Attributes(), "service.name")
		for _, scope := range resource.ScopeSpans().All() {
			for _, span := range scope.Spans().All() {
				spans = append(spans, readSpan(service, span))
			}
		}
	}
	return spans
}

func readSpan(service string, span ptrace.Span) Span {
	attributes := span.Attributes()
	return Span{
		Service: service,
		Trace:   span.TraceID(),
		ID:      span.SpanID(),
		Path:    rawPath(attributes),
		Pattern: text(attributes, patternAttribute),
		Failed:  failed(span),
	}
}

// failed leaves out the client spans that otelhttp marks as errors for a 4xx:
// whether these are evidence is for the configuration to say.
func failed(span ptrace.Span) bool {
	status, found := span.Attributes().Get("http.response.status_code")
	if found {
		return status.Int() >= 500
	}
	return span.Status().Code() == ptrace.StatusCodeError
}

func rawPath(attributes pcommon.Map) string {
	for _, key := range []string{"url.path", "http.target", "path"} {
		if path := text(attributes, key); path != "" {
			path, _, _ = strings.Cut(path, "?")
			return path
		}
	}
	target, err := url.Parse(text(attributes, "url.full"))
	if err != nil {
		return ""
	}
	return target.EscapedPath()
}

// text is the string at key, empty if there is none.
func text(attributes pcommon.Map, key string) string {
	if value, found := attributes.Get(key); found && value.Type() == pcommon.ValueTypeStr {
		return value.Str()
	}
	return ""
}

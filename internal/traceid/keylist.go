// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

import "strings"

// builtin is one key in the wild. Names are written as their owner writes them; matching ignores
// case, separators and nesting, so trace_id stands for traceId, TraceID, trace.id, trace-id and
// {"trace":{"id":…}} too.
type builtin struct {
	name string
	kind Kind
	hint hint
}

// isHeader reports whether requests carry the key as a header.
func (b *builtin) isHeader() bool {
	return b.kind == RoleContext || strings.HasPrefix(b.name, "X-") || strings.HasPrefix(b.name, "x-")
}

// builtins stand in the order of precedence: what the logging bridge of a tracing library wrote
// about the record precedes what a vendor's agent added, and both precede a header that the
// record merely quotes. Request and correlation ids are not here: they name no trace.
var builtins = []builtin{
	// The non-OTLP name of the OpenTelemetry specification (logging_trace_context.md); with ECS's
	// trace.id, Micrometer's traceId, Loki's traceID and .NET's TraceId.
	{"trace_id", RoleTraceID, hintNone},
	{"span_id", RoleSpanID, hintNone},
	{"trace_flags", RoleFlags, hintNone},
	{"trace_sampled", RoleFlags, hintNone},
	// OpenTelemetry for Python: otelTraceID, otelSpanID, otelTraceSampled; for Erlang and Elixir:
	// otel_trace_id, otel_span_id, otel_trace_flags, also nginx's $otel_trace_id.
	{"otelTraceID", RoleTraceID, hintNone},
	{"otelSpanID", RoleSpanID, hintNone},
	{"otelTraceSampled", RoleFlags, hintNone},
	{"otel_trace_flags", RoleFlags, hintNone},
	{"opentelemetry_trace_id", RoleTraceID, hintNone},
	{"opentelemetry_span_id", RoleSpanID, hintNone},
	{"opentelemetry_trace_flags", RoleFlags, hintNone},
	// Serilog's compact format.
	{"@tr", RoleTraceID, hintNone},
	{"@sp", RoleSpanID, hintNone},
	// Honeycomb, and Sentry's contexts.trace.
	{"trace.trace_id", RoleTraceID, hintNone},
	{"trace.span_id", RoleSpanID, hintNone},
	{"span.trace_id", RoleTraceID, hintNone},
	{"span.span_id", RoleSpanID, hintNone},
	{"span_context.trace_id", RoleTraceID, hintNone},
	{"span_context.span_id", RoleSpanID, hintNone},
	{"span_context.trace_flags", RoleFlags, hintNone},
	// Dynatrace and Splunk.
	{"dt.trace_id", RoleTraceID, hintNone},
	{"dt.span_id", RoleSpanID, hintNone},
	{"dt.trace_sampled", RoleFlags, hintNone},
	{"signalfx.trace_id", RoleTraceID, hintNone},
	{"signalfx.span_id", RoleSpanID, hintNone},
	// Datadog.
	{"dd.trace_id", RoleTraceID, hintDatadog},
	{"dd.span_id", RoleSpanID, hintDatadog},
	{"_dd.p.tid", RoleTraceHigh, hintNone},
	// Google Cloud.
	{"logging.googleapis.com/trace", RoleTraceID, hintNone},
	{"logging.googleapis.com/spanId", RoleSpanID, hintNone},
	{"logging.googleapis.com/trace_sampled", RoleFlags, hintNone},
	{"trace", RoleTraceID, hintGCP},
	// Kubernetes' klog, with its "trace".
	{"span", RoleSpanID, hintNone},
	// Application Insights.
	{"operation_Id", RoleTraceID, hintOperation},
	{"operation_ParentId", RoleSpanID, hintNone},
	// AWS.
	{"xray_trace_id", RoleTraceID, hintNone},
	{"aws_xray_trace_id", RoleTraceID, hintNone},
	// SkyWalking: TID in log lines, sw8.trace_id on the spans of the Collector's receiver.
	{"tid", RoleTraceID, hintThread},
	{"SW_CTX", RoleContext, hintSWContext},
	{"sw8.trace_id", RoleTraceID, hintNone},
	{"skywalking.trace_id", RoleTraceID, hintNone},
	// EagleEye and SOFATracer.
	{"EagleEye-TraceID", RoleTraceID, hintEagleEye},
	{"sofaTraceId", RoleTraceID, hintEagleEye},
	// New Relic's decoration of a record, where it is a field and not part of the message.
	{"NR-LINKING", RoleContext, hintNewRelic},
	// Headers. From here on span ids are those of the caller.
	{firstHeader, RoleContext, hintNone},
	{"elastic-apm-traceparent", RoleContext, hintNone},
	{"b3", RoleContext, hintB3},
	{"X-B3-TraceId", RoleTraceID, hintNone},
	{"X-B3-SpanId", RoleSpanID, hintNone},
	{"X-B3-Sampled", RoleFlags, hintNone},
	{"X-B3-Flags", RoleFlags, hintB3},
	{"uber-trace-id", RoleContext, hintUber},
	{"x-datadog-trace-id", RoleTraceID, hintDatadog},
	{"x-datadog-parent-id", RoleSpanID, hintDatadog},
	{"X-Amzn-Trace-Id", RoleContext, hintNone},
	{"Root", RoleContext, hintRoot},
	{"X-Cloud-Trace-Context", RoleContext, hintNone},
	{"sentry-trace", RoleContext, hintSentry},
	{"sw8", RoleContext, hintSkyWalking},
	{"ot-tracer-traceid", RoleTraceID, hintNone},
	{"ot-tracer-spanid", RoleSpanID, hintNone},
	{"ot-tracer-sampled", RoleFlags, hintNone},
}

// firstHeader is the first key in builtins that is a header of a request.
const firstHeader = "traceparent"

// containers are the objects in which logging libraries keep the fields of a record and the headers
// of its request. A key inside counts as if it stood at the top. Objects that are not listed are
// passed over: the trace_id in an array of links, in a response or in a payload is another's.
var containers = []string{
	"attributes", "context", "contextData", "contextMap", "contexts", "ctx", "customDimensions", "extra", "fields",
	"header", "headers", "http.request.headers", "json", "jsonPayload", "labels", "log", "mdc", "meta", "metadata",
	"named_tags", "properties", "record", "req", "request", "requestHeaders", "scope", "scopes", "tags",
}

// flatContainers are those whose name some exporters put before the key with a dot.
var flatContainers = []string{
	"attributes", "context", "contextMap", "extra", "fields", "labels", "log4j.context_data", "logback.mdc", "mdc",
	"properties",
}

// headerPrefix stands before the headers that OpenTelemetry's HTTP instrumentations capture.
const headerPrefix = "http.request.header."

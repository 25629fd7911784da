// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

import (
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/logfield"
)

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
	for _, start := range []string{"X-", "x-", "ot-tracer-", "EagleEye-"} {
		if strings.HasPrefix(b.name, start) {
			return true
		}
	}
	return b.kind == RoleContext
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
	// OpenCensus, in the context data of Java's loggers.
	{"opencensusTraceId", RoleTraceID, hintNone},
	{"opencensusSpanId", RoleSpanID, hintNone},
	{"opencensusTraceSampled", RoleFlags, hintNone},
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
	// Datadog, and its module for nginx.
	{"dd.trace_id", RoleTraceID, hintDatadog},
	{"dd.span_id", RoleSpanID, hintDatadog},
	{"_dd.p.tid", RoleTraceHigh, hintNone},
	{"datadog_trace_id", RoleTraceID, hintDatadog},
	{"datadog_span_id", RoleSpanID, hintDatadog},
	// Elastic's agents for Python and .NET (ElasticApmTraceId). A transaction is the first span of its service,
	// and the only one where no other is active.
	{"elasticapm_trace_id", RoleTraceID, hintNone},
	{"elasticapm_span_id", RoleSpanID, hintNone},
	{"elasticapm_transaction_id", RoleSpanID, hintNone},
	{"elasticapm_labels.trace.id", RoleTraceID, hintNone},
	{"elasticapm_labels.span.id", RoleSpanID, hintNone},
	{"elasticapm_labels.transaction.id", RoleSpanID, hintNone},
	// Kong, an id for each of the formats that are on; nginx's and APISIX's Zipkin plugins.
	{"trace_id.w3c", RoleTraceID, hintNone},
	{"trace_id.b3", RoleTraceID, hintNone},
	{"trace_id.jaeger", RoleTraceID, hintNone},
	{"trace_id.ot", RoleTraceID, hintNone},
	{"trace_id.gcp", RoleTraceID, hintNone},
	{"trace_id.aws", RoleTraceID, hintNone},
	{"trace_id.datadog", RoleTraceID, hintDatadog},
	{"zipkin_trace_id", RoleTraceID, hintNone},
	{"zipkin_span_id", RoleSpanID, hintNone},
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
	{"ai.operation.id", RoleTraceID, hintOperation},
	{"ai.operation.parentId", RoleSpanID, hintNone},
	// AWS.
	{"xray_trace_id", RoleTraceID, hintNone},
	{"aws_xray_trace_id", RoleTraceID, hintNone},
	// SkyWalking: TID in log lines, sw8.trace_id on the spans of the Collector's receiver.
	{"tid", RoleTraceID, hintThread},
	{"SW_CTX", RoleContext, hintSWContext},
	{"sw8.trace_id", RoleTraceID, hintNone},
	{"skywalking.trace_id", RoleTraceID, hintNone},
	{"skyWalkingDynamicField.traceId", RoleTraceID, hintNone},
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
	{"X-INSTANA-T", RoleTraceID, hintNone},
	{"X-INSTANA-S", RoleSpanID, hintNone},
	{"X-INSTANA-L", RoleFlags, hintNone},
}

// firstHeader is the first key in builtins that is a header of a request.
const firstHeader = "traceparent"

// containers are the objects in which logging libraries keep the fields of a record and the headers
// of its request. A key inside counts as if it stood at the top. Objects that are not listed are
// passed over: the trace_id in an array of links, in a response or in a payload is another's.
var containers = []string{
	"attributes", "context", "contextData", "contextMap", "contexts", "ctx", "customDimensions", "extra", "fields",
	"header", "headers", "http.request.headers", "json", "jsonPayload", "labels", "log", "log_processed", "mdc", "meta",
	"metadata", "named_tags", "properties", "record", "req", "request", "requestHeaders", "scope", "scopes", "tags",
}

// flatContainers are those whose name some exporters put before the key with a dot.
var flatContainers = []string{
	"attributes", "context", "contextData", "contextMap", "ctx", "customDimensions", "extra", "fields", "json", "jsonPayload",
	"labels", "log", "log4j.context_data", "log_processed", "logback.mdc", "mdc", "meta", "metadata", "properties", "record",
	"tags",
}

// headerPrefix stands before the headers that OpenTelemetry's HTTP instrumentations capture.
const headerPrefix = "http.request.header."

// messages are the keys of a record's text, the most telling first: a container runtime's is the whole line,
// event is often no more than a name. The body of a request or a response is none.
var messages = []string{
	"log", "message", "msg", "full_message", "line", "textPayload", "RenderedMessage", "@m", "text", "log.original",
	"event.original", "short_message", "event",
}

// records are the containers that hold the whole record, so that a message in them is the record's. In others it
// may be that of a request.
var records = nameSet("event", "fields", "json", "jsonPayload", "log", "log_processed", "record")

// queries are the labels of a query, and quoters those of other people's data: ids behind them are what was asked
// for, sent or received.
var (
	queries = nameSet("filter", "kql", "logql", "lucene", "param", "parameters", "params", "promql", "q", "query", "search",
		"sql", "statement", "stmt", "traceql", "where")
	quoters = nameSet("arg", "args", "arguments", "bind", "binds", "body", "criteria", "data", "input", "link", "links",
		"output", "parent", "payload", "reply", "request_body", "requestBody", "response", "response_body", "responseBody",
		"result", "results", "selector", "values", "variables")
)

func nameSet(names ...string) *logfield.Dict[bool] {
	d := &logfield.Dict[bool]{}
	for _, name := range names {
		d.Add(name, true)
	}
	return d
}

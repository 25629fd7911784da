// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package logtrace

import (
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/logfield"
	"github.com/otelcol-correlation/correlationprocessor/internal/traceid"
)

// builtin is one key in the wild. Names are written as their owner writes them; matching ignores
// case, separators and nesting, so trace_id stands for traceId, TraceID, trace.id, trace-id and
// {"trace":{"id":…}} too.
type builtin struct {
	name string
	kind Kind
	hint traceid.Hint
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

// noHint is that of most keys.
const noHint = traceid.HintNone

// builtins stand in the order of precedence: what the logging bridge of a tracing library wrote
// about the record precedes what a vendor's agent added, and both precede a header that the
// record merely quotes. Request and correlation ids are not here: they name no trace.
var builtins = []builtin{
	// The non-OTLP name of the OpenTelemetry specification (logging_trace_context.md); with ECS's
	// trace.id, Micrometer's traceId, Loki's traceID and .NET's TraceId.
	{"trace_id", RoleTraceID, noHint},
	{"span_id", RoleSpanID, noHint},
	{"trace_flags", RoleFlags, noHint},
	{"trace_sampled", RoleFlags, noHint},
	// OpenTelemetry for Python: otelTraceID, otelSpanID, otelTraceSampled; for Erlang and Elixir:
	// otel_trace_id, otel_span_id, otel_trace_flags, also nginx's $otel_trace_id.
	{"otelTraceID", RoleTraceID, noHint},
	{"otelSpanID", RoleSpanID, noHint},
	{"otelTraceSampled", RoleFlags, noHint},
	{"otel_trace_flags", RoleFlags, noHint},
	{"opentelemetry_trace_id", RoleTraceID, noHint},
	{"opentelemetry_span_id", RoleSpanID, noHint},
	{"opentelemetry_trace_flags", RoleFlags, noHint},
	// OpenCensus, in the context data of Java's loggers.
	{"opencensusTraceId", RoleTraceID, noHint},
	{"opencensusSpanId", RoleSpanID, noHint},
	{"opencensusTraceSampled", RoleFlags, noHint},
	// Serilog's compact format.
	{"@tr", RoleTraceID, noHint},
	{"@sp", RoleSpanID, noHint},
	// Honeycomb, and Sentry's contexts.trace.
	{"trace.trace_id", RoleTraceID, noHint},
	{"trace.span_id", RoleSpanID, noHint},
	{"span.trace_id", RoleTraceID, noHint},
	{"span.span_id", RoleSpanID, noHint},
	{"span_context.trace_id", RoleTraceID, noHint},
	{"span_context.span_id", RoleSpanID, noHint},
	{"span_context.trace_flags", RoleFlags, noHint},
	// Dynatrace and Splunk.
	{"dt.trace_id", RoleTraceID, noHint},
	{"dt.span_id", RoleSpanID, noHint},
	{"dt.trace_sampled", RoleFlags, noHint},
	{"signalfx.trace_id", RoleTraceID, noHint},
	{"signalfx.span_id", RoleSpanID, noHint},
	// Datadog, and its module for nginx.
	{"dd.trace_id", RoleTraceID, traceid.HintDatadog},
	{"dd.span_id", RoleSpanID, traceid.HintDatadog},
	{"_dd.p.tid", RoleTraceHigh, noHint},
	{"datadog_trace_id", RoleTraceID, traceid.HintDatadog},
	{"datadog_span_id", RoleSpanID, traceid.HintDatadog},
	// Elastic's agents for Python and .NET (ElasticApmTraceId). A transaction is the first span of its service,
	// and the only one where no other is active.
	{"elasticapm_trace_id", RoleTraceID, noHint},
	{"elasticapm_span_id", RoleSpanID, noHint},
	{"elasticapm_transaction_id", RoleSpanID, noHint},
	{"elasticapm_labels.trace.id", RoleTraceID, noHint},
	{"elasticapm_labels.span.id", RoleSpanID, noHint},
	{"elasticapm_labels.transaction.id", RoleSpanID, noHint},
	// Kong, an id for each of the formats that are on; nginx's and APISIX's Zipkin plugins.
	{"trace_id.w3c", RoleTraceID, noHint},
	{"trace_id.b3", RoleTraceID, noHint},
	{"trace_id.jaeger", RoleTraceID, noHint},
	{"trace_id.ot", RoleTraceID, noHint},
	{"trace_id.gcp", RoleTraceID, noHint},
	{"trace_id.aws", RoleTraceID, noHint},
	{"trace_id.datadog", RoleTraceID, traceid.HintDatadog},
	{"zipkin_trace_id", RoleTraceID, noHint},
	{"zipkin_span_id", RoleSpanID, noHint},
	// Google Cloud.
	{"logging.googleapis.com/trace", RoleTraceID, noHint},
	{"logging.googleapis.com/spanId", RoleSpanID, noHint},
	{"logging.googleapis.com/trace_sampled", RoleFlags, noHint},
	{"trace", RoleTraceID, traceid.HintGCP},
	// Kubernetes' klog, with its "trace".
	{"span", RoleSpanID, noHint},
	// Application Insights.
	{"operation_Id", RoleTraceID, traceid.HintOperation},
	{"operation_ParentId", RoleSpanID, noHint},
	{"ai.operation.id", RoleTraceID, traceid.HintOperation},
	{"ai.operation.parentId", RoleSpanID, noHint},
	// AWS.
	{"xray_trace_id", RoleTraceID, noHint},
	{"aws_xray_trace_id", RoleTraceID, noHint},
	// SkyWalking: TID in log lines, sw8.trace_id on the spans of the Collector's receiver.
	{"tid", RoleTraceID, traceid.HintThread},
	{"SW_CTX", RoleContext, traceid.HintSWContext},
	{"sw8.trace_id", RoleTraceID, noHint},
	{"skywalking.trace_id", RoleTraceID, noHint},
	{"skyWalkingDynamicField.traceId", RoleTraceID, noHint},
	// EagleEye and SOFATracer.
	{"EagleEye-TraceID", RoleTraceID, traceid.HintEagleEye},
	{"sofaTraceId", RoleTraceID, traceid.HintEagleEye},
	// New Relic's decoration of a record, where it is a field and not part of the message.
	{"NR-LINKING", RoleContext, traceid.HintNewRelic},
	// Headers. From here on span ids are those of the caller.
	{firstHeader, RoleContext, noHint},
	{"elastic-apm-traceparent", RoleContext, noHint},
	{"b3", RoleContext, traceid.HintB3},
	{"X-B3-TraceId", RoleTraceID, noHint},
	{"X-B3-SpanId", RoleSpanID, noHint},
	{"X-B3-Sampled", RoleFlags, noHint},
	{"X-B3-Flags", RoleFlags, traceid.HintB3},
	{"uber-trace-id", RoleContext, traceid.HintUber},
	{"x-datadog-trace-id", RoleTraceID, traceid.HintDatadog},
	{"x-datadog-parent-id", RoleSpanID, traceid.HintDatadog},
	{"X-Amzn-Trace-Id", RoleContext, noHint},
	{"Root", RoleContext, traceid.HintRoot},
	{"X-Cloud-Trace-Context", RoleContext, noHint},
	{"sentry-trace", RoleContext, traceid.HintSentry},
	{"sw8", RoleContext, traceid.HintSkyWalking},
	{"ot-tracer-traceid", RoleTraceID, noHint},
	{"ot-tracer-spanid", RoleSpanID, noHint},
	{"ot-tracer-sampled", RoleFlags, noHint},
	{"X-INSTANA-T", RoleTraceID, noHint},
	{"X-INSTANA-S", RoleSpanID, noHint},
	{"X-INSTANA-L", RoleFlags, noHint},
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

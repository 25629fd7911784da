// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"fmt"
	"strconv"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

const (
	schemaURL    = "https://opentelemetry.io/schemas/1.37.0"
	scopeName    = "io.opentelemetry.contrib.instrumentation/http-server"
	scopeVersion = "0.63.0"
)

// resource writes the eleven attributes of a service's resource.
func (t *traffic) resource(to pcommon.Resource, service int) {
	a := to.Attributes()
	name := t.services[service].name
	a.PutStr("service.name", name)
	a.PutStr("service.namespace", "shop")
	a.PutStr("service.version", fmt.Sprintf("1.%d.0", service))
	a.PutStr("service.instance.id", fmt.Sprintf("%08x-7d1c-4f0e-9a52-0123456789ab", service))
	a.PutStr("deployment.environment.name", "production")
	a.PutStr("k8s.namespace.name", "shop")
	a.PutStr("k8s.deployment.name", name)
	a.PutStr("k8s.pod.name", fmt.Sprintf("%s-6d9f8b7c5-x%03d", name, service))
	a.PutStr("host.name", fmt.Sprintf("ip-10-0-%d-17.eu-central-1.compute.internal", service))
	a.PutStr("telemetry.sdk.language", "go")
	a.PutStr("telemetry.sdk.version", "1.43.0")
}

func (t *traffic) span(to ptrace.Span, s *span) {
	to.SetTraceID(s.trace)
	to.SetSpanID(s.id)
	to.SetParentSpanID(s.parent)
	to.SetKind(s.kind)
	to.SetFlags(1)
	to.SetStartTimestamp(pcommon.Timestamp(s.start))
	to.SetEndTimestamp(pcommon.Timestamp(s.end))
	a := to.Attributes()
	switch {
	case s.kind == ptrace.SpanKindServer:
		t.serverAttributes(a, s)
	case s.kind == ptrace.SpanKindClient && s.path != "":
		clientAttributes(a, s)
	case s.kind == ptrace.SpanKindClient:
		databaseAttributes(a, s)
	default:
		internalAttributes(a)
	}
	to.SetName(t.name(s))
	a.PutInt("thread.id", int64(s.id[6]))
	a.PutStr("app.build", "1.0.0+3f2c9a1")
	if s.debug {
		a.PutEmptySlice("http.request.header.x-sample-debug").AppendEmpty().SetStr("true")
	}
	if s.failed {
		to.Status().SetCode(ptrace.StatusCodeError)
		to.Status().SetMessage("upstream request timeout")
		a.PutStr("error.type", "java.net.SocketTimeoutException")
	}
}

func (t *traffic) name(s *span) string {
	switch {
	case s.kind == ptrace.SpanKindServer && t.services[s.service].rawNames:
		return s.route.method + " " + s.path
	case s.path != "":
		return s.route.method
	case s.kind == ptrace.SpanKindClient:
		return "SELECT shop." + s.route.segments[2]
	default:
		return "OrderService.validate"
	}
}

func (t *traffic) serverAttributes(a pcommon.Map, s *span) {
	a.PutStr("http.request.method", s.route.method)
	a.PutStr("url.scheme", "https")
	a.PutStr("url.path", s.path)
	a.PutInt("http.response.status_code", int64(s.status))
	a.PutStr("server.address", t.services[s.service].name+".shop.svc.cluster.local")
	a.PutInt("server.port", 8443)
	a.PutStr("client.address", "10.0.14."+strconv.Itoa(int(s.id[5])))
	a.PutStr("network.protocol.version", "1.1")
	a.PutStr("user_agent.original", "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36")
	if s.id[4] < 60 {
		a.PutStr("url.query", "page="+strconv.Itoa(int(s.id[3]))+"&sort=name")
	}
	a.PutInt("http.response.body.size", int64(s.id[2])*97)
}

func clientAttributes(a pcommon.Map, s *span) {
	a.PutStr("http.request.method", s.route.method)
	a.PutStr("url.full", "https://backend.shop.svc.cluster.local:8443"+s.path)
	a.PutStr("server.address", "backend.shop.svc.cluster.local")
	a.PutInt("server.port", 8443)
	a.PutInt("http.response.status_code", int64(s.status))
	a.PutStr("network.protocol.version", "1.1")
	a.PutStr("network.peer.address", "10.0.33."+strconv.Itoa(int(s.id[5])))
	a.PutStr("user_agent.original", "okhttp/4.12.0")
	a.PutStr("thread.name", "http-client-"+strconv.Itoa(int(s.id[4])))
}

func databaseAttributes(a pcommon.Map, s *span) {
	table := s.route.segments[2]
	a.PutStr("db.system.name", "postgresql")
	a.PutStr("db.namespace", "shop")
	a.PutStr("db.operation.name", "SELECT")
	a.PutStr("db.collection.name", table)
	a.PutStr("db.query.text", "SELECT id, state, created_at, updated_at, owner FROM "+table+" WHERE id = ? AND state = ? LIMIT 50")
	a.PutStr("server.address", "postgres-primary.shop.svc.cluster.local")
	a.PutInt("server.port", 5432)
	a.PutStr("server.role", "primary")
	a.PutStr("network.peer.address", "10.0.41."+strconv.Itoa(int(s.id[5])))
}

func internalAttributes(a pcommon.Map) {
	a.PutStr("code.function.name", "com.shop.order.OrderService.validate")
	a.PutStr("code.file.path", "OrderService.java")
	a.PutInt("code.line.number", 214)
	a.PutStr("app.tenant", "acme")
	a.PutStr("app.feature", "express-checkout")
	a.PutBool("app.cached", false)
	a.PutDouble("app.score", 0.73)
	a.PutStr("app.plan", "enterprise-annual")
	a.PutStr("thread.name", "worker-3")
}

func (t *traffic) log(to plog.LogRecord, l *log) {
	s := l.of
	to.SetTimestamp(pcommon.Timestamp(s.end))
	to.SetObservedTimestamp(pcommon.Timestamp(s.end + 1_000_000))
	level(to, l)
	a := to.Attributes()
	var body string
	switch {
	case l.access:
		a.PutStr("http.request.method", s.route.method)
		a.PutStr("url.path", s.path)
		a.PutInt("http.response.status_code", int64(s.status))
		body = fmt.Sprintf("%s %s %d %dus from 10.0.14.%d", s.route.method, s.path, s.status, (s.end-s.start)/1000, s.id[5])
	case l.failed:
		a.PutStr("exception.type", "java.net.SocketTimeoutException")
		body = "request to backend failed: upstream request timeout after 3000 ms, attempt 3 of 3"
	default:
		a.PutStr("app.tenant", "acme")
		body = fmt.Sprintf("validated %s of customer %d in %d steps, cache hit ratio 0.%02d", s.route.segments[2], l.detail%1_000_000, l.detail%17, l.detail%100)
	}
	a.PutStr("log.logger", "com.shop.order.OrderService")
	a.PutStr("log.file.name", "application.log")
	a.PutStr("app.build", "1.0.0+3f2c9a1")
	a.PutStr("thread.name", "worker-"+strconv.FormatUint(l.detail%32, 10))
	to.Body().SetStr(body)
	identify(to, l, body)
}

func level(to plog.LogRecord, l *log) {
	switch {
	case l.failed:
		to.SetSeverityNumber(plog.SeverityNumberError)
		to.SetSeverityText("ERROR")
	case l.detail%50 == 0:
		to.SetSeverityNumber(plog.SeverityNumberWarn)
		to.SetSeverityText("WARN")
	default:
		to.SetSeverityNumber(plog.SeverityNumberInfo)
		to.SetSeverityText("INFO")
	}
}

// identify puts the ids where this log record has them.
func identify(to plog.LogRecord, l *log, body string) {
	trace, id := l.of.trace.String(), l.of.id.String()
	switch l.id {
	case inField:
		to.SetTraceID(l.of.trace)
		to.SetSpanID(l.of.id)
		to.SetFlags(1)
	case inAttribute:
		to.Attributes().PutStr("trace_id", trace)
		to.Attributes().PutStr("span_id", id)
	case inJSON:
		to.Body().SetStr(fmt.Sprintf(`{"message":%q,"trace_id":%q,"span_id":%q}`, body, trace, id))
	case inLogfmt:
		to.Body().SetStr(fmt.Sprintf("msg=%q trace_id=%s span_id=%s", body, trace, id))
	case nowhere:
	}
}

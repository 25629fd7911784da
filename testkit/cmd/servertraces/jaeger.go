// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/testkit/collector"
	"github.com/otelcol-correlation/correlationprocessor/testkit/servers"
)

// jaeger is the query service of Jaeger. Its router is gorilla/mux, and its spans
// have the http.route.
func jaeger() server {
	var intake string // where it takes traces
	return server{
		name:    "jaeger",
		program: "github.com/jaegertracing/jaeger/cmd/all-in-one@v1.76.0",
		arguments: func(address, _ string) (args, env []string, err error) {
			free, err := collector.FreeAddresses(6)
			if err != nil {
				return nil, nil, err
			}
			intake = "http://" + free[0]
			for i, flag := range []string{
				"collector.otlp.http.host-port", "collector.otlp.grpc.host-port", "collector.grpc-server.host-port",
				"collector.http-server.host-port", "query.grpc-server.host-port", "admin.http.host-port",
			} {
				args = append(args, "--"+flag+"="+free[i])
			}
			return append(args, "--query.http-server.host-port="+address), nil, nil
		},
		visit: func(v *servers.Visitor) error { return lookAtTraces(v, intake) },
	}
}

// lookAtTraces sends traces and looks for them as Jaeger's user interface and its
// users' scripts do.
func lookAtTraces(v *servers.Visitor, intake string) error {
	services := []string{
		"frontend", "checkout", "cart-service", "payments-eu", "inventory", "email", "recommendation", "shipping.quotes",
		"ad-service", "currency", "image-provider", "kafka-consumer", "fraud_detection", "accounting", "billing-worker",
		"search", "user-profile", "auth-gateway", "notification", "report-builder",
	}
	var traces []string
	for range 200 {
		id, err := sendTrace(v, intake, v.One(services), v.One(services))
		if err != nil {
			return err
		}
		traces = append(traces, id)
	}
	for range 90 {
		service, trace := v.One(services), v.One(traces)
		paths := []string{"/api/services", "/api/services/" + service + "/operations", "/api/traces?limit=20&service=" + service, "/api/traces/" + trace}
		switch v.Random.IntN(4) {
		case 0:
			paths = append(paths, "/api/v3/services", "/api/v3/operations?service="+service, "/api/v3/traces/"+trace)
		case 1:
			paths = append(paths, "/api/operations?service="+service, fmt.Sprintf("/api/dependencies?endTs=%d", time.Now().UnixMilli()))
		case 2:
			paths = append(paths, "/", "/search?service="+service, "/trace/"+trace)
		default:
			paths = append(paths, fmt.Sprintf("/api/traces/%016x", v.Random.Uint64())) // not found
		}
		for _, path := range paths {
			if _, err := v.Get(path); err != nil {
				return err
			}
		}
	}
	return nil
}

// sendTrace sends a trace of two services to the intake and returns its id.
func sendTrace(v *servers.Visitor, intake, caller, called string) (string, error) {
	td := ptrace.NewTraces()
	var id pcommon.TraceID
	for i := range id {
		id[i] = byte(v.Random.Uint32())
	}
	for i, service := range []string{caller, called} {
		rs := td.ResourceSpans().AppendEmpty()
		rs.Resource().Attributes().PutStr("service.name", service)
		s := rs.ScopeSpans().AppendEmpty().Spans().AppendEmpty()
		s.SetTraceID(id)
		s.SetSpanID(pcommon.SpanID{byte(i + 1)})
		s.SetName(fmt.Sprintf("operation %d", v.Random.IntN(5)))
		s.SetStartTimestamp(pcommon.NewTimestampFromTime(time.Now().Add(-time.Second)))
		s.SetEndTimestamp(pcommon.NewTimestampFromTime(time.Now()))
	}
	body, err := (&ptrace.ProtoMarshaler{}).MarshalTraces(td)
	if err != nil {
		return "", err
	}
	response, err := v.Client.Post(intake+"/v1/traces", "application/x-protobuf", bytes.NewReader(body))
	if err != nil {
		return "", err
	}
	if response.StatusCode != http.StatusOK {
		err = fmt.Errorf("send a trace: %s", response.Status)
	}
	return strings.ToLower(id.String()), errors.Join(err, response.Body.Close())
}

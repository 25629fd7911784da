// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package orders is the demo's order service: net/http ServeMux patterns, each
// behind otelhttp, and zap that writes JSON lines to a file. Its spans go out
// by OTLP; its logs reach the collector only if somebody tails the file.
//
// Its flaws: trace ids are plain text inside the line. The ledger logs through
// a helper that formats the trace id without looking whether there is one, so
// it writes zeros. The mailer writes a dash where it knows no trace id.
package orders

import (
	"io"
	"net/http"
	"sync"
	"time"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.uber.org/zap"

	"github.com/otelcol-correlation/correlationprocessor/demo/internal/telemetry"
)

// Name is the service.name the orders service reports.
const Name = "orders"

// callTimeout bounds one call to the catalog.
const callTimeout = 10 * time.Second

// Orders takes orders and payments and asks the catalog for prices.
type Orders struct {
	catalog string // base URL
	tel     *telemetry.Telemetry
	log     *zap.Logger
	client  *http.Client
	pending sync.WaitGroup
}

// New makes an orders service that logs to the given writer, which stays the
// caller's, as the telemetry does.
func New(tel *telemetry.Telemetry, catalog string, logs io.Writer) *Orders {
	o := &Orders{
		catalog: catalog,
		tel:     tel,
		log:     newLogger(logs),
		client: &http.Client{Timeout: callTimeout, Transport: otelhttp.NewTransport(nil,
			otelhttp.WithTracerProvider(tel.Traces), otelhttp.WithPropagators(tel.Propagator()))},
	}
	o.log.Info("orders is up", zap.String("catalog", catalog))
	return o
}

// Routes lists the paths the orders service registers, in ServeMux syntax.
func Routes() []string {
	return []string{"/healthz", "/orders", "/orders/{order}", "/users/{user}/orders", "/payments/{payment}/capture"}
}

// Handler is the service's HTTP interface.
func (o *Orders) Handler() http.Handler {
	mux := http.NewServeMux()
	for pattern, handle := range map[string]http.HandlerFunc{
		"GET /healthz":                     o.healthy,
		"POST /orders":                     o.create,
		"GET /orders/{order}":              o.read,
		"GET /users/{user}/orders":         o.list,
		"POST /payments/{payment}/capture": o.capture,
	} {
		// Inside the mux otelhttp sees the pattern that matched.
		mux.Handle(pattern, otelhttp.NewHandler(o.accessLog(handle), pattern,
			otelhttp.WithTracerProvider(o.tel.Traces), otelhttp.WithPropagators(o.tel.Propagator())))
	}
	return mux
}

// Drain waits for the ledger and the mailer.
func (o *Orders) Drain() { o.pending.Wait() }

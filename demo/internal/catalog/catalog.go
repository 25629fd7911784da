// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package catalog is the demo's product service: chi behind otelhttp, and slog
// whose records reach OpenTelemetry through the otelslog bridge.
//
// Its flaws: otelhttp stands in front of the router and never learns its
// routes, so spans are named by the raw path and have no http.route. The access
// log middleware was mounted twice, so every line comes twice, word for word.
// Cache misses are logged without a context. Price look-ups put the incoming
// traceparent header into an attribute instead of logging with a context.
package catalog

import (
	"log/slog"
	"net/http"

	"github.com/go-chi/chi/v5"
	"go.opentelemetry.io/contrib/bridges/otelslog"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"

	"github.com/otelcol-correlation/correlationprocessor/demo/internal/telemetry"
)

// Name is the service.name the catalog reports.
const Name = "catalog"

// Catalog knows products, categories, prices and stock.
type Catalog struct {
	tel *telemetry.Telemetry
	log *slog.Logger
}

// New makes a catalog. The telemetry stays the caller's.
func New(tel *telemetry.Telemetry) *Catalog {
	c := &Catalog{
		tel: tel,
		log: otelslog.NewLogger(Name, otelslog.WithLoggerProvider(tel.Logs)),
	}
	c.log.Info("catalog is up")
	return c
}

// Routes lists the paths the catalog registers, in chi's own syntax.
func Routes() []string {
	return []string{
		"/healthz", "/products/{slug}", "/products/{id}/stock", "/products/{id}/price",
		"/categories/{category}", "/search",
	}
}

// Handler is the catalog's HTTP interface.
func (c *Catalog) Handler() http.Handler {
	router := chi.NewRouter()
	router.Use(c.accessLog)
	router.Use(c.accessLog) // a merge left it in twice
	router.Get("/healthz", c.healthy)
	router.Get("/products/{slug}", c.product)
	router.Get("/products/{id}/stock", c.stock)
	router.Get("/products/{id}/price", c.price)
	router.Get("/categories/{category}", c.category)
	router.Get("/search", c.search)
	return otelhttp.NewHandler(router, Name,
		otelhttp.WithTracerProvider(c.tel.Traces),
		otelhttp.WithPropagators(c.tel.Propagator()),
		otelhttp.WithSpanNameFormatter(func(_ string, r *http.Request) string {
			return r.Method + " " + r.URL.Path
		}))
}

// Drain returns at once: the catalog leaves no work behind.
func (*Catalog) Drain() {}

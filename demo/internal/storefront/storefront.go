// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package storefront is the demo's front door: Gin with otelgin, and zap whose
// records reach OpenTelemetry through the otelzap bridge.
//
// Its flaws are those people have. Every request is logged twice (START and
// END), with the raw path in an attribute and in the message. Recommendations
// are computed in a goroutine that logs without its context, so these records
// have no trace id. The search page uses a client without the otelhttp
// transport, so its trace ends here and the catalog starts another.
package storefront

import (
	"net/http"
	"sync"
	"time"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/contrib/bridges/otelzap"
	"go.opentelemetry.io/contrib/instrumentation/github.com/gin-gonic/gin/otelgin"
	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	"go.uber.org/zap"

	"github.com/otelcol-correlation/correlationprocessor/demo/internal/telemetry"
)

// Name is the service.name the storefront reports.
const Name = "storefront"

// callTimeout bounds one call to another service.
const callTimeout = 10 * time.Second

// Peers are the base URLs of the services the storefront calls.
type Peers struct {
	Catalog string
	Orders  string
}

// Storefront serves the shop's pages from what the catalog and the orders
// service answer.
type Storefront struct {
	peers   Peers
	tel     *telemetry.Telemetry
	log     *zap.Logger
	client  *http.Client // traced
	bare    *http.Client // not traced: somebody forgot the transport
	pending sync.WaitGroup
}

// New makes a storefront. The telemetry stays the caller's.
func New(tel *telemetry.Telemetry, peers Peers) *Storefront {
	core := otelzap.NewCore(Name, otelzap.WithLoggerProvider(tel.Logs))
	s := &Storefront{
		peers: peers,
		tel:   tel,
		log:   zap.New(core),
		client: &http.Client{Timeout: callTimeout, Transport: otelhttp.NewTransport(nil,
			otelhttp.WithTracerProvider(tel.Traces), otelhttp.WithPropagators(tel.Propagator()))},
		bare: &http.Client{Timeout: callTimeout},
	}
	s.log.Info("storefront is up", zap.String("catalog", peers.Catalog), zap.String("orders", peers.Orders))
	return s
}

// Routes lists the paths the storefront registers, in Gin's own syntax.
func Routes() []string {
	return []string{
		"/", "/healthz", "/readyz", "/static/*filepath",
		"/users/:id", "/products/:slug", "/categories/:category", "/search",
		"/carts/:cart/items", "/checkout/:cart", "/orders/:order", "/payments/:payment/webhook",
	}
}

// Handler is the storefront's HTTP interface.
func (s *Storefront) Handler() http.Handler {
	gin.SetMode(gin.ReleaseMode)
	router := gin.New()
	router.Use(
		otelgin.Middleware(Name, otelgin.WithTracerProvider(s.tel.Traces), otelgin.WithPropagators(s.tel.Propagator())),
		debugHeader, s.accessLog,
	)
	router.GET("/", s.home)
	router.GET("/healthz", s.healthy)
	router.GET("/readyz", s.healthy)
	router.StaticFS("/static", http.FS(assets()))
	router.GET("/users/:id", s.user)
	router.GET("/products/:slug", s.product)
	router.GET("/categories/:category", s.category)
	router.GET("/search", s.search)
	router.POST("/carts/:cart/items", s.addToCart)
	router.POST("/checkout/:cart", s.checkout)
	router.GET("/orders/:order", s.order)
	router.POST("/payments/:payment/webhook", s.paymentWebhook)
	return router
}

// Drain waits for the recommendations still being computed.
func (s *Storefront) Drain() { s.pending.Wait() }

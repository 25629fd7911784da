// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"github.com/exaring/otelpgx"
	"github.com/gin-gonic/gin"
	"github.com/go-chi/chi/v5"
	"github.com/gofiber/contrib/otelfiber/v2"
	"github.com/gofiber/fiber/v2"
	"github.com/gorilla/mux"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/labstack/echo/v4"
	"github.com/riandyrn/otelchi"
	"go.opentelemetry.io/contrib/instrumentation/github.com/gin-gonic/gin/otelgin"
	"go.opentelemetry.io/contrib/instrumentation/github.com/gorilla/mux/otelmux"
	"go.opentelemetry.io/contrib/instrumentation/github.com/labstack/echo/otelecho"
	"go.opentelemetry.io/otel"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/exporters/otlp/otlptrace/otlptracegrpc"
	"go.opentelemetry.io/otel/propagation"
	"go.opentelemetry.io/otel/sdk/resource"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
	"go.opentelemetry.io/otel/trace"
)

// routers are the services of the program, each with a router of its own behind the
// middleware that people use with it.
var routers = []string{"gin", "echo", "chi", "mux", "fiber"}

// serveRouters runs all of them until the context ends: arguments are the folder of their
// logs, the address of a Postgres or "", and an address for each.
func serveRouters(ctx context.Context, args []string) error {
	if len(args) != 2+len(routers) {
		return errors.New("usage: zoo routers FOLDER POSTGRES ADDRESS…")
	}
	otel.SetTextMapPropagator(propagation.TraceContext{})
	exporter, err := otlptracegrpc.New(ctx) // to OTEL_EXPORTER_OTLP_ENDPOINT, with the SDK's own delays
	if err != nil {
		return err
	}
	failed := make(chan error)
	services := map[string]*service{}
	for i, name := range routers {
		s, err := newService(name, args[0], exporter)
		if err != nil {
			return err
		}
		services[name] = s
		if name == "chi" && args[1] != "" {
			if err := s.openDatabase(ctx, args[1]); err != nil {
				return err
			}
		}
		go func() { failed <- s.serve(args[2+i]) }()
	}
	select {
	case err = <-failed:
	case <-ctx.Done():
	}
	ctx = context.WithoutCancel(ctx)
	for _, s := range services { // before the first one shuts down what all of them send with
		err = errors.Join(err, s.tracing.ForceFlush(ctx))
	}
	return errors.Join(err, exporter.Shutdown(ctx))
}

// service is one with a router. Its log is a file with JSON lines.
type service struct {
	name     string
	tracing  *sdktrace.TracerProvider
	log      *slog.Logger
	database *pgxpool.Pool // of chi alone, and only where there is a Postgres
}

func newService(name, folder string, exporter sdktrace.SpanExporter) (*service, error) {
	file, err := os.Create(filepath.Join(folder, name+".log"))
	if err != nil {
		return nil, err
	}
	tracing := sdktrace.NewTracerProvider(
		sdktrace.WithBatcher(exporter), sdktrace.WithResource(resource.NewSchemaless(attribute.String("service.name", name))))
	return &service{name: name, tracing: tracing, log: slog.New(slog.NewJSONHandler(file, nil))}, nil
}

// openDatabase traces its queries as spans of the service.
func (s *service) openDatabase(ctx context.Context, address string) error {
	config, err := pgxpool.ParseConfig(fmt.Sprintf("postgres://postgres@%s/postgres?sslmode=disable", address))
	if err != nil {
		return err
	}
	config.ConnConfig.Tracer = otelpgx.NewTracer(otelpgx.WithTracerProvider(s.tracing))
	s.database, err = pgxpool.NewWithConfig(ctx, config)
	return err
}

// serve answers at the address.
func (s *service) serve(address string) error {
	switch s.name {
	case "gin":
		return http.ListenAndServe(address, s.gin())
	case "echo":
		return http.ListenAndServe(address, s.echo())
	case "chi":
		return http.ListenAndServe(address, s.chi())
	case "mux":
		return http.ListenAndServe(address, s.mux())
	default:
		return s.fiber().Listen(address)
	}
}

func (s *service) gin() http.Handler {
	gin.SetMode(gin.ReleaseMode)
	r := gin.New()
	r.Use(otelgin.Middleware(s.name, otelgin.WithTracerProvider(s.tracing)), func(c *gin.Context) {
		c.Next()
		s.access(c.Request.Context(), c.Request.Method, c.Request.URL.Path, c.Writer.Status())
	})
	answer := func(c *gin.Context) { c.String(s.work(c.Request.Context(), c.FullPath()), s.name) }
	r.GET("/users/:id", answer)
	r.GET("/users/:id/orders/:order", answer)
	r.GET("/users/:id/avatar.png", answer)
	r.POST("/users", answer)
	return r
}

func (s *service) echo() http.Handler {
	r := echo.New()
	r.Use(otelecho.Middleware(s.name, otelecho.WithTracerProvider(s.tracing)), func(next echo.HandlerFunc) echo.HandlerFunc {
		return func(c echo.Context) error {
			if err := next(c); err != nil {
				c.Error(err)
			}
			s.access(c.Request().Context(), c.Request().Method, c.Request().URL.Path, c.Response().Status)
			return nil
		}
	})
	answer := func(c echo.Context) error { return c.String(s.work(c.Request().Context(), c.Path()), s.name) }
	r.GET("/articles/:slug", answer)
	r.GET("/articles/:slug/comments/:comment", answer)
	r.GET("/articles", answer)
	r.GET("/authors/:name", answer)
	return r
}

func (s *service) chi() http.Handler {
	r := chi.NewRouter()
	r.Use(otelchi.Middleware(s.name, otelchi.WithTracerProvider(s.tracing)), s.logged)
	r.Route("/repos/{owner}/{repo}", func(r chi.Router) {
		r.Get("/", s.answer)
		r.Get("/issues/{number}", s.answer)
		r.Get("/blobs/{digest}", s.answer)
	})
	r.Get("/orgs/{org}/members", s.answer)
	return r
}

func (s *service) mux() http.Handler {
	r := mux.NewRouter()
	r.Use(otelmux.Middleware(s.name, otelmux.WithTracerProvider(s.tracing)))
	r.HandleFunc("/api/orders/{id:[0-9]+}", s.answer)
	r.HandleFunc("/api/orders/{id:[0-9]+}/items/{sku}", s.answer)
	r.HandleFunc("/api/invoices/{id}", s.answer)
	r.HandleFunc("/api/status", s.answer)
	r.Use(s.logged)
	return r
}

func (s *service) fiber() *fiber.App {
	r := fiber.New(fiber.Config{DisableStartupMessage: true})
	r.Use(otelfiber.Middleware(otelfiber.WithTracerProvider(s.tracing)), func(c *fiber.Ctx) error {
		if err := c.Next(); err != nil {
			_ = c.App().ErrorHandler(c, err)
		}
		s.access(c.UserContext(), c.Method(), c.Path(), c.Response().StatusCode())
		return nil
	})
	answer := func(c *fiber.Ctx) error { return c.Status(s.work(c.UserContext(), c.Route().Path)).SendString(s.name) }
	r.Get("/media/:bucket/:file", answer)
	r.Get("/media/:bucket", answer)
	r.Get("/thumbs/:size/:file", answer)
	return r
}

// logged writes an access log as middleware does that looks at what was answered.
func (s *service) logged(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := &statusWriter{ResponseWriter: w, status: http.StatusOK}
		next.ServeHTTP(seen, r)
		s.access(r.Context(), r.Method, r.URL.Path, seen.status)
	})
}

type statusWriter struct {
	http.ResponseWriter
	status int
}

func (w *statusWriter) WriteHeader(status int) {
	w.status = status
	w.ResponseWriter.WriteHeader(status)
}

func (s *service) answer(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(s.work(r.Context(), r.URL.Path))
}

// work is what a handler does: it may ask the database, logs what it did, and returns the
// status of the answer. One request in two hundred fails.
func (s *service) work(ctx context.Context, what string) int {
	ctx, span := s.tracing.Tracer("zoo").Start(ctx, "work")
	defer span.End()
	time.Sleep(rand.N(20 * time.Millisecond))
	if s.database != nil {
		var n int
		if err := s.database.QueryRow(ctx, "SELECT count(*) FROM pg_class WHERE relname <> $1", what).Scan(&n); err != nil {
			s.log.ErrorContext(ctx, "query", append(ids(ctx), "error", err.Error())...)
		}
	}
	s.log.InfoContext(ctx, "worked", append(ids(ctx), "on", what)...)
	if rand.N(200) == 0 {
		s.log.ErrorContext(ctx, "worked in vain", ids(ctx)...)
		return http.StatusInternalServerError
	}
	return http.StatusOK
}

func (s *service) access(ctx context.Context, method, path string, status int) {
	s.log.InfoContext(ctx, "request", append(ids(ctx), "method", method, "path", path, "status", status)...)
}

// ids are those of the active span, as fields of a line.
func ids(ctx context.Context) []any {
	span := trace.SpanContextFromContext(ctx)
	if !span.IsValid() {
		return nil
	}
	return []any{"trace_id", span.TraceID().String(), "span_id", span.SpanID().String()}
}

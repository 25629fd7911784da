// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package catalog

import (
	"fmt"
	"log/slog"
	"net/http"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/go-chi/chi/v5/middleware"

	"github.com/otelcol-correlation/correlationprocessor/demo/internal/shop"
)

// slowness is what a slow product page takes.
const slowness = 350 * time.Millisecond

func (c *Catalog) accessLog(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		recorded := middleware.NewWrapResponseWriter(w, r.ProtoMajor)
		next.ServeHTTP(recorded, r)
		c.log.InfoContext(r.Context(), fmt.Sprintf("%s %s %d", r.Method, r.URL.Path, recorded.Status()),
			slog.String("http.request.method", r.Method),
			slog.String("url.path", r.URL.Path),
			slog.Int("http.response.status_code", recorded.Status()))
	})
}

func (*Catalog) healthy(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }

func (c *Catalog) product(w http.ResponseWriter, r *http.Request) {
	slug := chi.URLParam(r, "slug")
	if _, found := shop.Product(slug); !found {
		c.log.WarnContext(r.Context(), "no such product", slog.String("url.path", r.URL.Path))
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if shop.IsCold(slug) {
		c.log.Info("cache miss for " + r.URL.Path) // no context, no trace id
	}
	if shop.IsSlow(slug) {
		time.Sleep(slowness)
	}
	w.WriteHeader(http.StatusOK)
}

func (*Catalog) stock(w http.ResponseWriter, r *http.Request) {
	w.WriteHeader(statusOf(chi.URLParam(r, "id")))
}

// price logs with an attribute where the context should be.
func (c *Catalog) price(w http.ResponseWriter, r *http.Request) {
	c.log.Info("price looked up",
		slog.String("url.path", r.URL.Path),
		slog.String("traceparent", r.Header.Get("traceparent")))
	w.WriteHeader(statusOf(chi.URLParam(r, "id")))
}

func (*Catalog) category(w http.ResponseWriter, r *http.Request) {
	if !shop.IsCategory(chi.URLParam(r, "category")) {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.WriteHeader(http.StatusOK)
}

func (c *Catalog) search(w http.ResponseWriter, r *http.Request) {
	c.log.InfoContext(r.Context(), "searched", slog.String("url.path", r.URL.Path), slog.String("q", r.URL.Query().Get("q")))
	w.WriteHeader(http.StatusOK)
}

func statusOf(id string) int {
	if n, err := strconv.Atoi(id); err != nil || n < 0 || n >= shop.Products {
		return http.StatusNotFound
	}
	return http.StatusOK
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"

	"go.opentelemetry.io/contrib/instrumentation/net/http/otelhttp"
	sdktrace "go.opentelemetry.io/otel/sdk/trace"
)

// requests are few, for the recordings are read by people too.
const requests = 8

// shop is two services: front, which visitors call, and orders, which front calls.
type shop struct {
	front, orders         *service
	frontHTTP, ordersHTTP *httptest.Server
}

func open(ctx context.Context, f fault, sink string) (*shop, error) {
	s := new(shop)
	var err error
	if s.orders, err = newService(ctx, "orders", sink, f.ordersReads, f.batching(), sdktrace.AlwaysSample()); err != nil {
		return nil, err
	}
	if s.front, err = newService(ctx, "front", sink, f.frontSends, fault{}.batching(), f.sampler()); err != nil {
		return nil, err
	}
	s.ordersHTTP = httptest.NewServer(s.orders.answers(f.bareServer, s.order(f)))
	s.frontHTTP = httptest.NewServer(s.front.answers(false, s.checkout(f)))
	return s, nil
}

// checkout is front's handler.
func (s *shop) checkout(f fault) http.HandlerFunc {
	client := &http.Client{Transport: otelhttp.NewTransport(http.DefaultTransport, s.front.instrumentation()...)}
	if f.bareClient {
		client = new(http.Client)
	}
	return func(w http.ResponseWriter, r *http.Request) {
		s.front.log.InfoContext(r.Context(), "checkout")
		if err := get(r.Context(), client, s.ordersHTTP.URL+"/orders"); err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
		}
	}
}

// order is orders' handler.
func (s *shop) order(f fault) http.HandlerFunc {
	return func(_ http.ResponseWriter, r *http.Request) {
		s.orders.log.InfoContext(r.Context(), "order", headers(r)...)
		ctx := r.Context()
		if f.leakSpan {
			ctx, _ = s.orders.tracer.Start(ctx, "reserve") //nolint:spancheck // the fault
			s.orders.log.InfoContext(ctx, "reserving")
		}
		done := make(chan struct{})
		if f.loseContext {
			ctx = context.Background() //nolint:contextcheck // the fault
		}
		go func() {
			defer close(done)
			s.save(ctx)
		}()
		<-done
	}
}

func (s *shop) save(ctx context.Context) {
	ctx, span := s.orders.tracer.Start(ctx, "save")
	defer span.End()
	s.orders.log.InfoContext(ctx, "saved")
}

// headers are what an access log writes down of the context a request came with.
func headers(r *http.Request) (attrs []any) {
	for _, name := range []string{"traceparent", "b3"} {
		if v := r.Header.Get(name); v != "" {
			attrs = append(attrs, slog.String(name, v))
		}
	}
	return attrs
}

// visit calls front as a browser does, without a context of its own.
func (s *shop) visit(ctx context.Context, path string) error {
	return get(ctx, http.DefaultClient, s.frontHTTP.URL+path)
}

func get(ctx context.Context, client *http.Client, url string) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := client.Do(r)
	if err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, resp.Body)
	return errors.Join(err, resp.Body.Close())
}

func (s *shop) close(ctx context.Context) error {
	s.frontHTTP.Close()
	s.ordersHTTP.Close()
	return errors.Join(s.front.close(ctx), s.orders.close(ctx))
}

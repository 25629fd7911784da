// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package orders

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/felixge/httpsnoop"
	"go.uber.org/zap"

	"github.com/otelcol-correlation/correlationprocessor/demo/internal/shop"
)

func (o *Orders) accessLog(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		seen := httpsnoop.CaptureMetrics(next, w, r)
		message := fmt.Sprintf("%s %s %d", r.Method, r.URL.Path, seen.Code)
		o.log.Info(message, append(traced(r.Context()),
			zap.String("path", r.URL.Path), zap.Int("status", seen.Code), zap.Duration("took", seen.Duration))...)
	})
}

func (*Orders) healthy(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusOK) }

func (o *Orders) create(w http.ResponseWriter, r *http.Request) {
	var order struct {
		ID      string `json:"id"`
		Product int    `json:"product"`
	}
	if err := json.NewDecoder(r.Body).Decode(&order); err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	if err := o.price(r.Context(), order.Product); err != nil {
		o.fail(w, r, err)
		return
	}
	if shop.OrderFails(order.ID) {
		o.fail(w, r, fmt.Errorf("ledger refused order %s", order.ID))
		return
	}
	o.afterwards(order.ID) //nolint:contextcheck // losing the context is the flaw on show
	w.WriteHeader(http.StatusCreated)
}

// afterwards writes the ledger and the mail in the background. Both lose the
// trace: one writes zeros for its id, the other a dash.
func (o *Orders) afterwards(order string) {
	o.pending.Go(func() {
		o.log.Info("ledger written for /orders/"+order, traced(context.Background())...)
		o.log.Info("mail sent for order "+order, zap.String("trace_id", "-"))
	})
}

func (o *Orders) price(ctx context.Context, product int) error {
	target := fmt.Sprintf("%s/products/%d/price", o.catalog, product)
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, target, http.NoBody)
	if err != nil {
		return err
	}
	response, err := o.client.Do(request)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("catalog answered %d for product %d", response.StatusCode, product)
	}
	return nil
}

func (*Orders) read(w http.ResponseWriter, r *http.Request) {
	if !shop.OrderExists(r.PathValue("order")) {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	w.WriteHeader(http.StatusOK)
}

func (o *Orders) list(w http.ResponseWriter, r *http.Request) {
	o.log.Info("orders listed for user "+r.PathValue("user"), traced(r.Context())...)
	w.WriteHeader(http.StatusOK)
}

func (o *Orders) capture(w http.ResponseWriter, r *http.Request) {
	if shop.PaymentFails(r.PathValue("payment")) {
		o.fail(w, r, fmt.Errorf("bank timed out on payment %s", r.PathValue("payment")))
		return
	}
	w.WriteHeader(http.StatusOK)
}

func (o *Orders) fail(w http.ResponseWriter, r *http.Request, err error) {
	o.log.Error("request failed", append(traced(r.Context()), zap.String("path", r.URL.Path), zap.Error(err))...)
	w.WriteHeader(http.StatusInternalServerError)
}

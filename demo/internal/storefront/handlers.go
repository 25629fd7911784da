// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package storefront

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"github.com/otelcol-correlation/correlationprocessor/demo/internal/shop"
)

func (*Storefront) home(c *gin.Context) { c.String(http.StatusOK, "welcome") }

func (*Storefront) healthy(c *gin.Context) { c.String(http.StatusOK, "ok") }

func (s *Storefront) user(c *gin.Context) {
	id := c.Param("id")
	if !shop.UserExists(id) {
		s.log.Warn("no such user", zap.String("user", id), zap.Any("context", c.Request.Context()))
		c.Status(http.StatusNotFound)
		return
	}
	s.forward(c, http.MethodGet, s.peers.Orders+"/users/"+id+"/orders", nil)
}

func (s *Storefront) product(c *gin.Context) {
	slug := c.Param("slug")
	s.forward(c, http.MethodGet, s.peers.Catalog+"/products/"+slug, nil)
	if shop.IsCold(slug) {
		s.recommend(c.Request.URL.Path)
	}
}

// recommend works in the background and logs without the request's context: its
// record has the path but no trace id.
func (s *Storefront) recommend(path string) {
	s.pending.Go(func() {
		s.log.Info("recommendations computed for "+path, zap.String("path", path))
	})
}

func (s *Storefront) category(c *gin.Context) {
	s.forward(c, http.MethodGet, s.peers.Catalog+"/categories/"+c.Param("category"), nil)
}

// search calls the catalog with the client that nobody instrumented.
func (s *Storefront) search(c *gin.Context) {
	target := s.peers.Catalog + "/search?q=" + url.QueryEscape(c.Query("q"))
	s.finish(c, s.call(c.Request.Context(), s.bare, http.MethodGet, target, nil))
}

func (s *Storefront) addToCart(c *gin.Context) {
	var item struct {
		Product int `json:"product"`
	}
	if err := c.ShouldBindJSON(&item); err != nil {
		c.Status(http.StatusBadRequest)
		return
	}
	s.forward(c, http.MethodGet, fmt.Sprintf("%s/products/%d/stock", s.peers.Catalog, item.Product), nil)
}

func (s *Storefront) checkout(c *gin.Context) {
	s.forward(c, http.MethodPost, s.peers.Orders+"/orders", c.Request.Body)
}

func (s *Storefront) order(c *gin.Context) {
	s.forward(c, http.MethodGet, s.peers.Orders+"/orders/"+c.Param("order"), nil)
}

func (s *Storefront) paymentWebhook(c *gin.Context) {
	s.forward(c, http.MethodPost, s.peers.Orders+"/payments/"+c.Param("payment")+"/capture", nil)
}

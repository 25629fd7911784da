// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package storefront

import (
	"fmt"
	"time"

	"github.com/gin-gonic/gin"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/trace"
	"go.uber.org/zap"
)

// accessLog writes each request twice, and each time the raw path twice.
func (s *Storefront) accessLog(c *gin.Context) {
	start := time.Now()
	method, path := c.Request.Method, c.Request.URL.Path
	s.log.Info(fmt.Sprintf("START %s %s", method, path),
		zap.String("method", method), zap.String("path", path),
		zap.Any("context", c.Request.Context()))
	c.Next()
	status, took := c.Writer.Status(), time.Since(start)
	s.log.Info(fmt.Sprintf("END %s %s %d in %s", method, path, status, took.Round(time.Microsecond)),
		zap.String("method", method), zap.String("path", path),
		zap.Int("status", status), zap.Duration("latency", took),
		zap.Any("context", c.Request.Context()))
}

// debugHeader notes on the span that the caller asked for this trace to be kept.
func debugHeader(c *gin.Context) {
	if value := c.GetHeader("X-Sample-Debug"); value != "" {
		trace.SpanFromContext(c.Request.Context()).SetAttributes(
			attribute.StringSlice("http.request.header.x-sample-debug", []string{value}))
	}
	c.Next()
}

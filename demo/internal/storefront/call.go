// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package storefront

import (
	"context"
	"fmt"
	"io"
	"net/http"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"
)

// answer is what another service said, or why it could not be asked.
type answer struct {
	status int
	err    error
}

// forward asks another service and answers as it did.
func (s *Storefront) forward(c *gin.Context, method, target string, body io.Reader) {
	s.finish(c, s.call(c.Request.Context(), s.client, method, target, body))
}

func (*Storefront) call(ctx context.Context, client *http.Client, method, target string, body io.Reader) answer {
	request, err := http.NewRequestWithContext(ctx, method, target, body)
	if err != nil {
		return answer{err: err}
	}
	response, err := client.Do(request)
	if err != nil {
		return answer{err: err}
	}
	defer func() { _ = response.Body.Close() }()
	_, err = io.Copy(io.Discard, response.Body)
	return answer{status: response.StatusCode, err: err}
}

// finish turns a peer's failure into a 502 and passes every other status on.
func (s *Storefront) finish(c *gin.Context, a answer) {
	switch {
	case a.err != nil:
		s.fail(c, a.err.Error())
	case a.status >= http.StatusInternalServerError:
		s.fail(c, fmt.Sprintf("answered %d", a.status))
	default:
		c.Status(a.status)
	}
}

func (s *Storefront) fail(c *gin.Context, why string) {
	s.log.Error(fmt.Sprintf("%s %s failed: a service behind it %s", c.Request.Method, c.Request.URL.Path, why),
		zap.String("path", c.Request.URL.Path), zap.Any("context", c.Request.Context()))
	c.Status(http.StatusBadGateway)
}

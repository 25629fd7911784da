// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/otel/attribute"
)

// line is an access log, told apart by its body.
func line(name string, second int, path string, status int64) plog.Logs {
	return logOf(200, 1, func(lr plog.LogRecord) {
		lr.Body().SetStr(name)
		lr.SetTimestamp(pcommon.Timestamp(second))
		lr.Attributes().PutStr("http.request.method", "GET")
		lr.Attributes().PutStr("url.path", path)
		if status != 0 {
			lr.Attributes().PutInt("http.response.status_code", status)
		}
	})
}

func (p *pipelines) bodies() []string {
	out := []string{}
	for _, lr := range p.records() {
		out = append(out, lr.Body().Str())
	}
	return out
}

// Access logs that repeat others or their span are dropped, whether traces wait for
// their verdict or only logs for their span. What repeats what is a test of package
// outlet.
func TestRepeatedAccessLogs(t *testing.T) {
	for _, percentage := range []float64{1, 100} {
		t.Run(fmt.Sprint(percentage), func(t *testing.T) {
			bubbled(t, func(c *Config) {
				c.Sampling.SamplingPercentage = percentage
				c.Logs.DeduplicateAccessLogs, c.Logs.DropRedundantAccessLogs = true, true
			}, func(t *testing.T, p *pipelines) {
				p.send(spanOf(200, 1, get("/feed/17")), line("start", 1, "/feed/17", 0), line("end", 2, "/feed/17", 200), line("other", 3, "/orders", 200))
				time.Sleep(11 * time.Second)
				require.Equal(t, []string{"other"}, p.bodies())
				require.EqualValues(t, 1, p.sum("logs_dropped", attribute.String("reason", "duplicate")))
				require.EqualValues(t, 1, p.sum("logs_dropped", attribute.String("reason", "redundant")))
				p.conserved()
			})
		})
	}
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/ptrace"
)

func heapInUse() int64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// A thousand names of 256 KiB, with as many versions and hosts and many routes each,
// take no more than max_bytes, and what they take is told.
func TestSendersCannotFillTablesBeyondMaxBytes(t *testing.T) {
	const limit = 16 << 20
	synctest.Test(t, func(t *testing.T) {
		var p pipelines
		p.start(t, func(c *Config) {
			c.MaxBytes = limit
			c.Telemetry.Attributes = []string{"service.version"}
			c.Sampling.CountedRoutes = 1_000_000
		}, consumertest.NewNop(), consumertest.NewNop())
		defer p.shutdown()
		time.Sleep(time.Second)
		before := heapInUse()
		long := strings.Repeat("n", 256<<10)
		for i := range 1000 {
			td := spanOf(i, 1)
			res := td.ResourceSpans().At(0).Resource().Attributes()
			res.PutStr("service.name", fmt.Sprint(i)+long)
			res.PutStr("service.version", fmt.Sprint(i)+long)
			spans := td.ResourceSpans().At(0).ScopeSpans().At(0).Spans()
			for j := range 20 {
				s := spans.AppendEmpty()
				s.SetSpanID(spanNumbered(j))
				s.SetKind(ptrace.SpanKindServer)
				s.Attributes().PutStr("url.path", fmt.Sprintf("/%c%c/%s/search", 'a'+j, 'a'+i%26, strings.Repeat("word-", 18)))
				s.Attributes().PutStr("http.route", fmt.Sprintf("/%d/%s/{id}", j, strings.Repeat("long", 900)))
				s.Attributes().PutStr("server.address", fmt.Sprint(i, "-", j))
				s.Attributes().PutInt("server.port", 80)
			}
			p.send(td)
		}
		time.Sleep(time.Second)
		told := p.sum("buffer_bytes")
		grown := heapInUse() - before
		t.Logf("the heap grew by %d bytes, of which %d are told", grown, told)
		require.Less(t, grown, int64(limit*115/100), "%d are told", told)
		require.Less(t, told, int64(limit))
		require.Greater(t, told, grown/2)

		time.Sleep(100 * time.Minute)
		require.Less(t, p.sum("buffer_bytes"), told/2, "what nobody uses is forgotten")
	})
}

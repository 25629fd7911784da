// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules/request"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules/sampler"
)

// tenRules are ten rules, five of them with OTTL conditions, none of which the
// benchmark's spans match: the dearest case.
func tenRules(c *Config) {
	never := sampler.Config{Type: sampler.Probabilistic, SamplingPercentage: 50}
	for name, condition := range map[string]string{
		"tenant":  `resource.attributes["tenant"] == "gold"`,
		"kind":    `span.kind == SPAN_KIND_PRODUCER`,
		"status":  `span.attributes["http.response.status_code"] == 429`,
		"message": `log.severity_number == SEVERITY_NUMBER_WARN`,
		"event":   `spanevent.name == "retry"`,
	} {
		c.Sampling.Rules = append(c.Sampling.Rules, rules.RuleConfig{Name: name, Conditions: []string{condition}, Sampler: never})
	}
	c.Sampling.Debug.Attribute = "http.request.header.x-debug"
	c.Sampling.SlowerThan = time.Second
	c.Sampling.Suppress = request.SuppressConfig{HealthChecks: true, StaticAssets: true}
	c.Sampling.RoutePercentages = map[string]float64{"GET /feed/{id}": 0.1}
}

// BenchmarkRules is what rules cost a span that waits and is dropped: with errors
// and a percentage only, and with ten rules on top.
func BenchmarkRules(b *testing.B) {
	for name, rules := range map[string]func(*Config){"none": func(*Config) {}, "ten": tenRules} {
		b.Run(name, func(b *testing.B) {
			var p pipelines
			p.start(b, func(c *Config) { onePercent(c); rules(c); c.MaxBytes = 1 << 30 }, consumertest.NewNop(), consumertest.NewNop())
			rng := rand.New(rand.NewPCG(1, 1))
			proto := benchTraces(rng, 512)
			b.ReportAllocs()
			b.ResetTimer()
			for range b.N / 512 {
				b.StopTimer()
				td := ptrace.NewTraces()
				proto.CopyTo(td)
				renumber(rng, td)
				b.StartTimer()
				require.NoError(b, p.traces.ConsumeTraces(context.Background(), td))
			}
			b.StopTimer()
			p.shutdown()
		})
	}
}

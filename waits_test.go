// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-correlation/correlationprocessor/internal/config"
)

// exportInterval is how long an SDK's span processor may keep a span, unless it is told
// otherwise.
const exportInterval = 5 * time.Second

func defaultWaits(c *Config) {
	d := config.Default()
	c.DecisionWait, c.DecisionWaitAfterRoot, c.Logs.JoinWait = d.DecisionWait, d.DecisionWaitAfterRoot, d.Logs.JoinWait
}

// What SDKs send with their own defaults arrives in time: the evidence of a child, and a
// child of a trace whose root never comes.
func TestDefaultWaitsFitTheDefaultsOfSDKs(t *testing.T) {
	sampled := func(c *Config) { defaultWaits(c); onePercent(c) }
	for name, late := range map[string]func(*pipelines){
		"a child that failed":    func(p *pipelines) { p.send(spanOf(1, 2, failed)) },
		"a log that tells of it": func(p *pipelines) { p.send(logOf(1, 2, failedLog)) },
		"a child's server's fault": func(p *pipelines) {
			p.send(spanOf(1, 2, func(s ptrace.Span) { s.Attributes().PutInt("http.response.status_code", 503) }))
		},
	} {
		t.Run(name, func(t *testing.T) {
			bubbled(t, sampled, func(t *testing.T, p *pipelines) {
				p.send(spanOf(1, 1, root), logOf(1, 1), spanOf(2, 1), spanOf(3, 1, root))
				time.Sleep(exportInterval + time.Second) // sent at once, and at the last moment with a second for the way
				late(p)
				time.Sleep(2 * time.Second)
				require.Equal(t, 3, len(p.spans())+len(p.records()), "the whole trace")
				require.EqualValues(t, 1, p.sum("decisions", attribute.String("trigger", "root")), "of a trace without evidence")
				require.EqualValues(t, 1, p.sum("spans_held"), "the trace without a root waits on")
				require.Zero(t, p.sum("spans_late")+p.sum("logs_late"))
				time.Sleep(20 * time.Second)
				p.send(spanOf(2, 2, failed))
				require.Zero(t, p.sum("spans_late"))
				time.Sleep(time.Second)
				p.conserved()
			})
		})
	}
}

// A log is sent a second after it was written, and its span five after its end.
func TestALogWaitsForASpanThatAnSDKSendsLast(t *testing.T) {
	bubbled(t, defaultWaits, func(t *testing.T, p *pipelines) {
		p.send(logOf(1, 1, func(lr plog.LogRecord) { lr.Body().SetStr("no route") }))
		time.Sleep(exportInterval + time.Second)
		require.Empty(t, p.records())
		p.send(spanOf(1, 1, func(s ptrace.Span) { s.Attributes().PutStr("http.route", "/users/:id") }))
		time.Sleep(2 * time.Second)
		require.Len(t, p.records(), 1)
		require.Equal(t, "/users/:id", attrs(p.records()[0])["http.route"])
		p.conserved()
	})
}

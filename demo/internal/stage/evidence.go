// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package stage

import (
	"context"
	"os"
	"strings"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/demo/internal/orders"
	"github.com/otelcol-correlation/correlationprocessor/demo/internal/report"
	"github.com/otelcol-correlation/correlationprocessor/demo/internal/sink"
	"github.com/otelcol-correlation/correlationprocessor/testkit/scrape"
)

// settleLimit is how long the collector may take to read the last lines, decide
// the last traces and pass them on. It is far above the demo's waits.
const settleLimit = 45 * time.Second

// collect waits until the collector has nothing left to do, reads its metrics,
// stops it, and only then looks at what came out.
func (s *stage) collect(ctx context.Context) (report.Evidence, error) {
	sent, err := s.sent()
	if err != nil {
		return report.Evidence{}, err
	}
	s.options.Progress.Step("waiting for the collector's last decisions")
	metrics, err := s.settle(ctx, sent)
	if err != nil {
		return report.Evidence{}, err
	}
	s.options.Progress.Step("stopping the collector")
	if err := s.collector.Stop(stopGrace); err != nil {
		return report.Evidence{}, err
	}
	return report.Evidence{Sent: sent, Kept: s.backend.Records(), Metrics: metrics, Bounds: bounds()}, nil
}

// sent is what the witness saw and what the orders service wrote to its file.
// The services must have stopped.
func (s *stage) sent() (sink.Records, error) {
	sent := s.witness.Records()
	file, err := os.ReadFile(s.logFile())
	if err != nil {
		return sink.Records{}, err
	}
	for line := range strings.Lines(string(file)) {
		sent.Logs = append(sent.Logs, sink.FromLine(orders.Name, strings.TrimSuffix(line, "\n")))
	}
	return sent, nil
}

// settle polls the collector's metrics until everything sent has arrived, is
// decided and has come out. When that does not happen in time it returns the
// last metrics all the same: the report says what is wrong.
func (s *stage) settle(ctx context.Context, sent sink.Records) (scrape.Metrics, error) {
	limit := time.Now().Add(settleLimit)
	for {
		metrics, err := scrape.Fetch(ctx, s.collector.Endpoints.MetricsURL())
		if err != nil {
			if cause := context.Cause(ctx); cause != nil {
				return nil, cause // the collector ended, or somebody pressed Ctrl-C
			}
			return nil, err
		}
		if s.settled(metrics, sent) || time.Now().After(limit) {
			return metrics, nil
		}
		s.options.Progress.Update("%.0f spans and %.0f logs are still held",
			metrics.Sum("spans_held"), metrics.Sum("logs_held"))
		select {
		case <-time.After(poll):
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

func (s *stage) settled(m scrape.Metrics, sent sink.Records) bool {
	spansOut, logsOut := s.backend.Counts()
	return m.Sum("spans_received")-m.Sum("spans_refused") >= float64(len(sent.Spans)) &&
		m.Sum("logs_received")-m.Sum("logs_refused") >= float64(len(sent.Logs)) &&
		m.Sum("spans_held") == 0 && m.Sum("logs_held") == 0 && m.Sum("integrity_traces") == 0 &&
		m.Sum("spans_kept") == float64(spansOut) && m.Sum("logs_kept") == float64(logsOut)
}

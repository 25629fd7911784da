// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package ours

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otelcol-correlation/correlationprocessor/bench/peers/run"
)

// packed is the configuration that has just enough room for what it holds.
const packed = "ours_tail_packed"

// leastPacked is how much of what it holds must be packed, for its row to say so.
const leastPacked = 0.75

// checkPacked fails if what was weighed is not what the row says: nearly all
// packed, and nothing decided for lack of room. Other configurations need not be.
func checkPacked(ctx context.Context, r *run.Run, d *run.Driver) error {
	if r.Peer != packed {
		return nil
	}
	var page metricdata.ResourceMetrics
	if err := d.Peer.Reader.Collect(ctx, &page); err != nil {
		return err
	}
	bytes := sum(&page, "otelcol_processor_correlation_buffer_compressed_bytes")
	pressed := sum(&page, "otelcol_processor_correlation_decisions", attribute.String("trigger", "pressure"))
	if pressed > 0 {
		return fmt.Errorf("%d traces were decided for lack of room", pressed)
	}
	if share := float64(bytes) / r.Sent(d.Load) / float64(r.Held); share < leastPacked {
		return fmt.Errorf("only %.0f %% of what was sent is packed", 100*share)
	}
	return nil
}

// sum adds the series of a metric of the processor that have the attributes.
func sum(page *metricdata.ResourceMetrics, name string, attrs ...attribute.KeyValue) (total int64) {
	for _, scope := range page.ScopeMetrics {
		for _, m := range scope.Metrics {
			if m.Name != name {
				continue
			}
			for _, p := range points(m.Data) {
				if has(p.Attributes, attrs) {
					total += p.Value
				}
			}
		}
	}
	return total
}

func points(data metricdata.Aggregation) []metricdata.DataPoint[int64] {
	switch d := data.(type) {
	case metricdata.Sum[int64]:
		return d.DataPoints
	case metricdata.Gauge[int64]:
		return d.DataPoints
	}
	return nil
}

func has(set attribute.Set, attrs []attribute.KeyValue) bool {
	for _, a := range attrs {
		if v, ok := set.Value(a.Key); !ok || v != a.Value {
			return false
		}
	}
	return true
}

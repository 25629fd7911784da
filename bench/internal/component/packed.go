// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package component

import (
	"context"
	"fmt"

	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"

	"github.com/otelcol-correlation/correlationprocessor/bench/internal/peers"
)

// The peer that is to hold all packed has room for roomShare of what it is sent.
// It packs from half of its room on and decides early beyond it; all packed, it
// takes some three tenths. checkPacked sees to it that neither end was missed.
const (
	roomShare   = 0.4
	leastPacked = 0.75
)

// sent is the bytes of a round's batches that the peer takes.
func (r *Run) sent(d *driver) (bytes float64) {
	for i := range d.load.Batches {
		b := &d.load.Batches[i]
		if r.Signals == "both" || b.Logs == (r.Signals == "logs") {
			bytes += float64(len(b.Data))
		}
	}
	return bytes
}

// checkPacked fails if what was weighed is not what the row says: nearly all
// packed, and nothing decided for lack of room.
func (r *Run) checkPacked(ctx context.Context, d *driver) error {
	var page metricdata.ResourceMetrics
	if err := d.peer.Reader.Collect(ctx, &page); err != nil {
		return err
	}
	packed := sum(&page, "otelcol_processor_correlation_buffer_compressed_bytes")
	pressed := sum(&page, "otelcol_processor_correlation_decisions", attribute.String("trigger", "pressure"))
	if pressed > 0 {
		return fmt.Errorf("%d traces were decided for lack of room", pressed)
	}
	if share := float64(packed) / r.sent(d) / float64(r.Held); share < leastPacked {
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

// packs reports whether the run is to weigh packed records.
func (r *Run) packs() bool { return r.Held > 0 && r.Peer == peers.Packed }

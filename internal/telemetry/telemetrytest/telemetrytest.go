// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package telemetrytest reads the processor's metrics as tests ask for them.
package telemetrytest

import (
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/otel/attribute"
	"go.opentelemetry.io/otel/sdk/metric/metricdata"
)

// Sum adds up the series of a metric of integers that have the attributes. The name is that behind the prefix of the
// processor. A metric that has no series yet is 0.
func Sum(tel *componenttest.Telemetry, name string, attrs ...attribute.KeyValue) int64 {
	m, err := tel.GetMetric("otelcol_processor_correlation_" + name)
	if err != nil {
		return 0
	}
	var total int64
	for _, dp := range Points(m) {
		if has(dp.Attributes, attrs) {
			total += dp.Value
		}
	}
	return total
}

func has(set attribute.Set, attrs []attribute.KeyValue) bool {
	for _, a := range attrs {
		if v, ok := set.Value(a.Key); !ok || v != a.Value {
			return false
		}
	}
	return true
}

// Points returns the series of a metric of integers, none of another one.
func Points(m metricdata.Metrics) []metricdata.DataPoint[int64] {
	switch data := m.Data.(type) {
	case metricdata.Sum[int64]:
		return data.DataPoints
	case metricdata.Gauge[int64]:
		return data.DataPoints
	}
	return nil
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package scrape reads the collector's own metrics from its Prometheus page.
package scrape

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// prefix is what the names of the processor's metrics begin with.
const prefix = "otelcol_processor_correlation_"

// Sample is one line of a metric.
type Sample struct {
	Labels map[string]string
	Value  float64
}

// Metrics are the processor's counters and gauges, by their name without the
// common prefix and without the _total of counters. The zero value has none.
type Metrics map[string][]Sample

// Sum adds up every sample of a metric whose labels include the wanted ones,
// given as name and value in turn. A metric nobody has counted yet is zero.
func (m Metrics) Sum(name string, labels ...string) int {
	sum := 0.0
	for _, sample := range m[name] {
		if sample.has(labels) {
			sum += sample.Value
		}
	}
	return int(sum)
}

func (s Sample) has(labels []string) bool {
	for i := 0; i+1 < len(labels); i += 2 {
		if s.Labels[labels[i]] != labels[i+1] {
			return false
		}
	}
	return true
}

// Fetch gets the metrics at the URL.
func Fetch(ctx context.Context, url string) (Metrics, error) {
	page, err := Page(ctx, url)
	if err != nil {
		return nil, err
	}
	return Parse(bytes.NewReader(page))
}

// Page gets the metrics page at the URL.
func Page(ctx context.Context, url string) ([]byte, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("metrics page %s: %s", url, response.Status)
	}
	return io.ReadAll(response.Body)
}

// Parse reads a page in the Prometheus text format.
func Parse(page io.Reader) (Metrics, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(page)
	if err != nil {
		return nil, fmt.Errorf("metrics page: %w", err)
	}
	metrics := Metrics{}
	for name, family := range families {
		if own, found := strings.CutPrefix(name, prefix); found {
			own = strings.TrimSuffix(own, "_total")
			metrics[own] = samples(family)
		}
	}
	return metrics, nil
}

func samples(family *dto.MetricFamily) []Sample {
	read := make([]Sample, 0, len(family.GetMetric()))
	for _, metric := range family.GetMetric() {
		labels := make(map[string]string, len(metric.GetLabel()))
		for _, label := range metric.GetLabel() {
			labels[label.GetName()] = label.GetValue()
		}
		value := metric.GetCounter().GetValue() + metric.GetGauge().GetValue() + metric.GetUntyped().GetValue()
		read = append(read, Sample{Labels: labels, Value: value})
	}
	return read
}

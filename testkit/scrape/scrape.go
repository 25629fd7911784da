// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package scrape reads the processor's own metrics from a collector's Prometheus
// page.
package scrape

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"maps"
	"net/http"
	"slices"
	"strings"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// prefix is what the names of the processor's metrics begin with.
const prefix = "otelcol_processor_correlation_"

// Sample is one series of a metric with its value, or that of a histogram with
// the number of its values.
type Sample struct {
	Labels map[string]string
	Value  float64
}

// Metrics are the processor's metrics by their names without the common prefix
// and without the _total that some pages give counters. The zero value has none.
type Metrics map[string][]Sample

// Sum adds up the series of a metric that have the labels, given as name and
// value in turn.
func (m Metrics) Sum(name string, labels ...string) float64 {
	sum := 0.0
	for _, s := range m[name] {
		if s.has(labels) {
			sum += s.Value
		}
	}
	return sum
}

// Values returns the values a label has, in order, in the series of a metric that
// have the labels and are not 0.
func (m Metrics) Values(name, label string, labels ...string) []string {
	seen := map[string]bool{}
	for _, s := range m[name] {
		if s.Value != 0 && s.has(labels) {
			seen[s.Labels[label]] = true
		}
	}
	return slices.Sorted(maps.Keys(seen))
}

func (s Sample) has(labels []string) bool {
	for i := 0; i+1 < len(labels); i += 2 {
		if s.Labels[labels[i]] != labels[i+1] {
			return false
		}
	}
	return true
}

// Fetch gets and reads the metrics page at the URL.
func Fetch(ctx context.Context, url string) (Metrics, error) {
	page, err := Page(ctx, url)
	if err != nil {
		return nil, err
	}
	return Parse(bytes.NewReader(page))
}

// Page gets the metrics page at the URL.
func Page(ctx context.Context, url string) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s answered %s", url, resp.Status)
	}
	return io.ReadAll(resp.Body)
}

// Parse reads a page in Prometheus' text format.
func Parse(page io.Reader) (Metrics, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(page)
	if err != nil {
		return nil, fmt.Errorf("metrics page: %w", err)
	}
	m := Metrics{}
	for name, family := range families {
		if own, ok := strings.CutPrefix(name, prefix); ok {
			m[strings.TrimSuffix(own, "_total")] = samples(family)
		}
	}
	return m, nil
}

func samples(family *dto.MetricFamily) (out []Sample) {
	for _, metric := range family.GetMetric() {
		labels := map[string]string{}
		for _, l := range metric.GetLabel() {
			labels[l.GetName()] = l.GetValue()
		}
		value := metric.GetCounter().GetValue() + metric.GetGauge().GetValue() + metric.GetUntyped().GetValue() +
			float64(metric.GetHistogram().GetSampleCount())
		out = append(out, Sample{labels, value})
	}
	return out
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"context"
	"fmt"
	"iter"
	"net/http"
	"strings"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// Metrics is one reading of a collector's metrics page.
type Metrics map[string]*dto.MetricFamily

// ReadMetrics reads the metrics page of a collector.
func ReadMetrics(ctx context.Context, endpoints Endpoints) (Metrics, error) {
	url := "http://" + endpoints.Metrics + "/metrics"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, fmt.Errorf("read metrics: %w", err)
	}
	defer func() { _ = response.Body.Close() }() // it was read to its end
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(response.Body)
	if err != nil {
		return nil, fmt.Errorf("read metrics of %s: %w", url, err)
	}
	return families, nil
}

// Sum adds the series of a metric, named without otelcol_ and _total, that have
// every one of the labels, each written name=value. It is zero for a metric that
// the page does not have: counters appear with their first count.
func (m Metrics) Sum(name string, labels ...string) int64 {
	var sum float64
	for series := range m.series(name, labels) {
		sum += series.GetCounter().GetValue() + series.GetGauge().GetValue() + series.GetUntyped().GetValue()
	}
	return int64(sum)
}

// Labels returns the values of one label in the series of a metric that have
// every one of the other labels.
func (m Metrics) Labels(name, label string, labels ...string) []string {
	var values []string
	for series := range m.series(name, labels) {
		for _, pair := range series.GetLabel() {
			if pair.GetName() == label {
				values = append(values, pair.GetValue())
			}
		}
	}
	return values
}

func (m Metrics) series(name string, labels []string) iter.Seq[*dto.Metric] {
	family := m["otelcol_"+name+"_total"]
	if family == nil {
		family = m["otelcol_"+name]
	}
	return func(yield func(*dto.Metric) bool) {
		for _, series := range family.GetMetric() {
			if hasLabels(series, labels) && !yield(series) {
				return
			}
		}
	}
}

func hasLabels(series *dto.Metric, labels []string) bool {
	for _, label := range labels {
		name, value, _ := strings.Cut(label, "=")
		if !hasLabel(series, name, value) {
			return false
		}
	}
	return true
}

func hasLabel(series *dto.Metric, name, value string) bool {
	for _, pair := range series.GetLabel() {
		if pair.GetName() == name && pair.GetValue() == value {
			return true
		}
	}
	return false
}

// Tally is what the processor says became of one signal's items.
type Tally struct {
	Received, Kept, Dropped, Refused, Held int64
}

// Tally reads the conservation counters of one signal.
func (m Metrics) Tally(signal Signal) Tally {
	count := func(fate string) int64 {
		return m.Sum(fmt.Sprintf("processor_correlation_%v_%s", signal, fate))
	}
	return Tally{
		Received: count("received"),
		Kept:     count("kept"),
		Dropped:  count("dropped"),
		Refused:  count("refused"),
		Held:     count("held"),
	}
}

// Balanced reports whether every item received has exactly one fate.
func (t Tally) Balanced() bool {
	return t.Received == t.Kept+t.Dropped+t.Refused+t.Held
}

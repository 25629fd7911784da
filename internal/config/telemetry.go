// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"

	"github.com/otelcol-correlation/correlationprocessor/internal/check"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
)

// TelemetryConfig has the checks and the labels of the metrics.
type TelemetryConfig struct {
	// Integrity examines every trace for what is missing or broken.
	Integrity bool `mapstructure:"integrity"`
	// SpanTimes checks each span's start and end.
	SpanTimes bool `mapstructure:"span_times"`
	// Heuristics also looks for what is likely rather than certain: services
	// that began a trace of their own when called, and sampled flags that
	// children and parents disagree on.
	Heuristics bool `mapstructure:"heuristics"`
	// Attributes are resource attributes that the metrics by service.name are
	// labelled with as well, such as service.version.
	Attributes []string `mapstructure:"attributes"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// maxTelemetryAttributes bounds the combinations of labels.
const maxTelemetryAttributes = 5

// metricLabels are the labels that metrics have of their own, besides service.name.
var metricLabels = []string{
	"cause", "format", "kind", "outcome", "parent", "peer", "reason", "root", "route", "rule", "sampled", "signal", "source",
	"trigger", "verdict",
}

// Validate checks the attributes, and that there are traces to guess about.
func (c *TelemetryConfig) Validate() error {
	return errors.Join(
		check.That(c.Integrity || !c.Heuristics, "heuristics needs integrity, got heuristics: %v with integrity: %v", c.Heuristics, c.Integrity),
		checkKeys("attributes", c.Attributes),
		check.That(len(c.Attributes) <= maxTelemetryAttributes, "attributes must be at most %d, got %q", maxTelemetryAttributes, c.Attributes),
		c.checkLabels(),
	)
}

// checkLabels checks that no two attributes are one label.
func (c *TelemetryConfig) checkLabels() (err error) {
	taken := map[string]string{telemetry.LabelName("service.name"): "every metric by service has service.name already"}
	for _, label := range metricLabels {
		taken[label] = "metrics have a label " + label + " of their own"
	}
	for _, key := range c.Attributes {
		label := telemetry.LabelName(key)
		if why, ok := taken[label]; ok {
			err = errors.Join(err, fmt.Errorf("attributes must not contain %s, which is the label %s: %s", key, label, why))
		}
		taken[label] = fmt.Sprintf("%q is that label, too", key)
	}
	return err
}

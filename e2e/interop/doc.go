// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package interop holds the processor to what others make of its output: its sampling to
// contrib's probabilistic_sampler, placed before and after it, and its metrics to
// the page of OpenTelemetry's exporter for Prometheus. It is outside the processor's
// module so that its users do not get these.
package interop

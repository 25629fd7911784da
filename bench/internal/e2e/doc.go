// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package e2e measures a whole collector: a process that is sent OTLP over gRPC
// on loopback and sends what it keeps to a sink. The processor time is that of
// the collector's process alone.
package e2e

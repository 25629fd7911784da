// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package workload makes the traffic that all peers are measured with: traces
// of services that call each other, with their logs, cut into OTLP batches as
// a gateway collector gets them. The same Spec makes the same bytes.
//
// A run replays the batches in rounds. Each round rewrites the trace ids in
// the bytes, so that no trace comes twice, and decodes them afresh, as a
// receiver does. Paths repeat from round to round, as they do in real traffic;
// a cache of whole paths therefore looks better than it is from round two on.
package workload

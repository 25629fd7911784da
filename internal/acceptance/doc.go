// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package acceptance has the promises of the whole processor as tests: one verdict for both signals, no item lost or
// doubled, evidence is kept, what is held is bounded, weights are honest. They see what the Collector sees: the factory,
// a configuration, the components before and behind, and the metrics.
package acceptance

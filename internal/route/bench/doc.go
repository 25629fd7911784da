// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package bench compares internal/route with its peers. It is a module of its
// own so that the peers never enter the processor's module graph.
package bench

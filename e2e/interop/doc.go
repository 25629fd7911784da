// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package interop holds the processor's sampling to that of contrib's
// probabilistic_sampler, placed before and after it. It is outside the
// processor's module so that its users do not get contrib's.
package interop

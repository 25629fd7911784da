// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package interop holds the processor's sampling to that of contrib's
// probabilistic_sampler, placed before and after it. It is a module of its own
// so that the processor's users do not get contrib's.
package interop

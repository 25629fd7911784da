// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package sampling turns what the items of a trace say into one verdict.
//
// Items report the first rule they match; a trace's verdict is a function of
// the smallest Match among its items and of the trace's randomness, and of
// nothing else:
//
//	m := min(match of every span and log of the trace)
//	v := policy.Decide(m, randomness)
//
// Minimum is commutative, associative and idempotent, so order, batching and
// repetition of the items cannot change a verdict, and two collectors that saw
// the same items agree. There is no clock, no state and no random source here.
//
// Thresholds and randomness are those of OTEP-235 as contrib's pkg/sampling
// implements them: 56 bits, keep iff R >= T. R is the tracestate's rv or the
// low 56 bits of the trace id, which a truncation to 64 bits leaves alone.
package sampling

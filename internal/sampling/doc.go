// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package sampling turns the findings of a trace's items into one verdict.
//
// Items report the first rule they match; a trace's verdict is a function of
// the smallest Match among its items and of the trace's randomness, and of
// nothing else:
//
//	f := finding of every span and log of the trace, merged: the smallest
//	     match, the smallest key with that match, all facts
//	v := policy.Decide(f, size, randomness)
//
// Merging is commutative, associative and idempotent, so order, batching and
// repetition of the items cannot change a verdict, and two collectors that saw
// the same items agree. There is no clock and no random source here. The one
// thing with a memory is a Rule's Rate, for thresholds that follow the traffic;
// the verdict notes which rate it was reached with, so that it stays one verdict
// when the rate moves on.
//
// Thresholds and randomness are those of OTEP-235 as contrib's pkg/sampling
// implements them: 56 bits, keep iff R >= T. R is the tracestate's rv or the
// low 56 bits of the trace id, which a truncation to 64 bits leaves alone, or a
// hash of ids whose low bits are not random.
package sampling

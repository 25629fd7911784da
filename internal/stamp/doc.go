// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package stamp reads and writes what items say of their sampling. A [Randomizer] reads
// the randomness that decides on an item's trace, and says where it is from; a [Stamper]
// notes on kept items with which threshold they were kept, which rule kept them and, in
// a dry run, what would have become of them. Spans have it in their tracestate and log
// records in their attributes, and both say the same. [Settings] are what all of them go
// by.
//
// A threshold is only ever raised, and never above the randomness of its item, so that
// the weights of what is kept stay true through all stages. What cannot be written is
// counted, by reason.
//
// Settings are immutable and safe for concurrent use. A Stamper and a Randomizer are
// for one goroutine and one batch each.
//
// Sources: OTEP-235 (thresholds and randomness), contrib's probabilistic_sampler (the
// attributes on logs).
package stamp

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package sampler says how many of the traces that match a rule are kept. A [Config]
// names one of six types. Three of them keep a fixed share, [Config.Percentage]; the
// others follow the traffic: an [Adaptive] sampler changes its rate, so that what is
// kept stays near a goal and what is rare is not lost in what is common, and a [Limit]
// keeps whole traces as long as a second's tokens last.
//
// Adaptive and Limit are safe for concurrent use. They know a trace by its fingerprint
// and its size alone, and the time by the clock they are given. Both are bounded: the
// fingerprints past max_keys share one rate, and are counted.
//
// Sources: contrib's adaptive_tail_sampling (words), dynsampler-go (rates),
// contrib's tail_sampling (rate_limiting).
package sampler

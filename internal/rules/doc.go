// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package rules is the sampling configuration at work. [New] compiles a [Config]
// into a policy; a [Matcher] finds the rules of the policy that a span or a log record
// matches. What it takes for that lies below: how much a rule keeps (sampler), OTTL
// conditions (conditions), kinds of requests (request), and what tells items apart
// (fingerprint). What is noted on kept items is [Rules.Stamp].
//
// Rules are in order of precedence: the user's own, debug, errors, slow, those of the
// user's that shall go after evidence, then the rules on requests (suppression and
// percentages by route), then the default. The first rule that any item of a trace
// matches decides on the trace, so the order in which items arrive cannot matter.
// Conditions on a trace as a whole are one more thing that the trace shows, at the end
// of its wait ([Rules.Whole]).
//
// [Rules] are immutable and safe for concurrent use, except for the rates of
// adaptive samplers and the count of conditions that failed, which have locks of
// their own. A Matcher is for one goroutine and one batch.
//
// Config.Validate refuses what cannot be compiled, with the key and the value. A
// condition that fails on an item is not met; it is counted, and with
// error_mode: propagate it fails the batch.
//
// Sources: contrib's adaptive_tail_sampling (words), semantic conventions (what is an
// error).
package rules

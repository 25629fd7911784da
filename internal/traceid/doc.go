// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package traceid reads trace ids in the forms that tracing libraries, agents, proxies and clouds write them. The text
// of an id goes in; its 16 bytes come out, with the span id and the flags where there are any, or the reason why it is
// none. Where such texts stand in a log is the matter of package logtrace.
//
// Nothing but an id in one of these forms is made one: a wrong id joins a log to another's trace, which is worse than
// none.
//
// # How a value is read
//
// [Hint.Parse] tells the forms apart by length and separators; each excludes all others:
//
//	4bf92f3577b34da6a3ce929d0e0e4736           w3c_hex: 32 digits, either case, maybe with 0x; 29 to 31 that lost zeros
//	00-<32>-<16>-<2>                           traceparent, of any version but ff
//	de5980b8-fce3-4a37-aab9-b4ac3af7eedd       uuid: 8-4-4-4-12
//	a3ce929d0e0e4736                           hex64: 16 digits, padded with zeros on the left
//	<32|16>-<16>[-state[-<16>]]                b3 (or sentry, by its key)
//	<1..32>:<1..16>:<..16>:<flags>             uber, the colons maybe as %3A
//	11803532876627986230                       datadog: decimal, of 64 bits, or 36 to 39 digits of 128
//	1-58406520-a006649127e371903a2de979        xray, bare, with @segment, or as Root=…;Parent=…;Sampled=…
//	projects/P/traces/<32>, <32>/<decimal>;o=1 gcp
//	<32>.<thread>.<sequence>, sw8, SW_CTX      skywalking
//	<8 hex><17 decimal><5 or more hex>         eagleeye, and SOFATracer
//	1541815603606036480                        snowflake: 17 to 20 decimal digits
//	01ARZ3NDEKTSV4RRFFQ69G5FAV                 ulid: 26 characters
//	|<32>.<16>.                                appinsights
//	[<32>-<16>], [app,<32>,<16>]               spring, in free text
//	NR-LINKING|…|<32>|<16>|…                   newrelic, in free text
//
// The key settles what the form leaves open. 16 digits without a letter are hex, but decimal under
// dd.*; under uber-trace-id any number of leading zeros may be missing; EagleEye's form counts only under its
// own key. A hex id printed as a number has lost its leading zeros, one of 16 ids at least one: 29 to 31 digits are
// read, and behind 0x 13 and more, for span ids 13 to 15. Digits of which 17 in a row are decimal are left alone, for a time
// and a counter look like that. Under keys that are common words (tid, trace, root, b3, operation_Id) a value without the form of an id
// is no failure: it was never meant to be one.
//
// Ids shorter than 16 bytes fill the low half, which is what meets the spans: receivers pad the same way.
// SkyWalking's longer ids are folded exactly as the Collector's skywalking receiver folds those of spans.
// EagleEye's have no such rule and are hashed, so they join logs with logs. Forms without any rule
// (nanoid and the like) are malformed.
//
// Where the low bits of an id hold a time, a counter or an address, [Context.NonRandom] is set: a sampler that
// takes them for randomness would keep all or nothing.
//
// # Why it is none
//
// [Reason] separates what needs different cures. Placeholder: the key is there without an id, as outside of a request.
// InvalidZero: the tracer is there, but no span is active, or none is valid. Malformed: something writes another kind of
// id under this key. Absent: under a common word stands something else, or there is no known key at all, and the logger
// is not wired to the tracer. A value is a placeholder if it has no decimal digit (no list of words can be complete, and
// an id has one: of random 16 hex digits one in 7 million has none, and such ids are read before the question is asked)
// or begins like a template that nobody filled in.
//
// # What is deliberately not read
//
// Binary headers in base64, and hex of a length that is no id's: 24 digits are an object id, 40 a hash.
package traceid

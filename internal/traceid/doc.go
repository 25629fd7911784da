// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package traceid reads trace ids from text: from the values of attributes and from the bodies of
// logs, in the forms that tracing libraries, agents, proxies and clouds write them. A text goes in; the
// 16 bytes of the id come out, with the span id and the flags where there are any, or the reason
// why there is no id.
//
// # Two promises
//
// A trace id in a known form under a known key is found. Nothing else is ever
// made one: a wrong id joins a log to another's trace, which is worse than none. Where the two pull in
// different directions, the second wins. Request ids, correlation ids, hashes and order numbers are not looked at,
// whatever their form, unless the user names their key.
//
// # How a value is read
//
// [Role.Parse] tells the forms apart by length and separators; each excludes all others:
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
// # Why nothing was found
//
// [Reason] separates what needs different cures. Absent: no known key, the logger is not wired to the tracer.
// Placeholder: the key is there without an id, as outside of a request. InvalidZero: the tracer is there, but no span is
// active, or none is valid. Malformed: something writes another kind of id under this key. A value is a
// placeholder if it has no decimal digit (no list of words can be complete, and an id has one: of random
// 16 hex digits one in 7 million has none, and such ids are read before the question is asked) or begins
// like a template that nobody filled in.
//
// # How a key is found
//
// [Keys] knows more than a hundred names, as their owners write them, in the order of precedence. Case, the separators
// . _ - / and nesting are ignored, so trace_id stands for traceId, TraceID, trace.id and
// {"trace":{"id":…}}. Every key of every record is looked up, and nearly all are none of ours; for those the
// answer takes about 3 ns (package logfield).
//
// Proxies log the headers of requests under names of their own. A header is known behind the words that they put
// before it (http_x_b3_traceid, request_Traceparent, opentracing_context_uber_trace_id, req.http.traceparent), those
// of an answer aside (sent_http_traceparent).
//
// Nested objects are entered if their name begins a known key (dd, trace, span), or if they are among the containers
// in which logging libraries keep fields and headers (mdc, fields, contexts, headers). Others are passed
// over: the trace_id in a list of links, in a response or in a payload names another trace. Of two values under one
// key, that with fewer objects around it is the record's. A list may name each key and value apart, as log4j's
// contextMap: [{"key":"traceId","value":…}].
//
// # How a body is read
//
// [Keys.ScanBody] builds nothing and allocates nothing. Of JSON it understands enough to know which key a
// value belongs to, jumping from quote to quote. Text is read from separator to separator: at each = and
// : it looks back for a key. So logfmt, key: value prose, header dumps and bracketed prefixes are one
// case, and a long stack trace costs little more than the search for two bytes. Text and objects may follow
// each other, as behind the prefix of a container runtime. If no field holds an id, the record's message is
// read the same way, JSON in JSON included, up to the same length. The forms that need no key are tried last.
//
// At most [MaxBodyBytes] are read. Measured on a shared 2-core machine: 300 bytes of JSON 0.5 µs, of
// prose 0.2 µs; 16 KiB of stack trace 9 µs as text and 0.6 µs within JSON; the worst 16 KiB that could be thought of,
// with as many known keys as are looked at, some tenths of a millisecond. Limits below that would save nothing that matters
// and lose the ids that stand behind the stack trace.
//
// # Whose id it is
//
// A line may hold ids that are not its own: what a query asks for, what a client said, what an answer brought. A
// pair does not count in the condition of a statement (where trace_id='…'), in an address, behind the label of a
// query or of data (params, payload, response), in braces or an object behind such a label, and in a quoted
// text that is not the line's message. In quotes it counts where the line has no other id, if the quotes are those
// of the message (msg="…"), of a known key or container, of a field of a table, or hold nothing but pairs. A comment
// in a statement is such a quotation too: sqlcommenter writes the caller's trace there. The line's own id wins wherever
// it stands. A form without a key does not count under a key that is none of ours. A value cut off by the end of the
// body does not count, for the beginning of an id may be another id.
//
// # What is deliberately not read
//
// transaction.id (it is a payment's as often as Elastic's), traceresponse, x-trace-id, binary headers in base64, and
// hex of a length that is no id's: 24 digits are an object id, 40 a hash.
package traceid

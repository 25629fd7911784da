// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package logtrace finds the trace that a log belongs to: in its attributes, in its body and in its resource. Their keys
// and texts go in; the trace id comes out, with the span id and the flags where there are any, or the reason why there
// is none. How ids are written is the matter of package traceid.
//
// # Two promises
//
// A trace id in a known form under a known key is found. Nothing else is ever
// made one: a wrong id joins a log to another's trace, which is worse than none. Where the two pull in
// different directions, the second wins. Request ids, correlation ids, hashes and order numbers are not looked at,
// whatever their form, unless the user names their key.
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
// transaction.id (it is a payment's as often as Elastic's), traceresponse and x-trace-id.
package logtrace

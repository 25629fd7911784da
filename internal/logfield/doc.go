// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package logfield walks the fields of a log body, be it JSON, logfmt or prose with key=value in it, and
// knows keys whatever their case, separators and nesting. It builds nothing, allocates nothing and
// fails on nothing: where a text is not what it looked like, the walk ends.
//
//   - [Dict] maps keys to what the caller makes of them. trace_id, traceId, trace.id and
//     {"trace":{"id":…}} are one key. Most keys of a record are in no dictionary, and for those
//     a lookup costs about 3 ns.
//   - [Object] walks a JSON object, by steps that the caller asks for, so that nothing escapes to the heap.
//     An object that is the content of a JSON string is walked where it lies ([NewQuotedObject]).
//   - [Pairs] walks a text from one = or : to the next.
//   - [ObjectStart] tells where in a text JSON begins.
//
// All of them borrow the text they are given; what they return are parts of it.
package logfield

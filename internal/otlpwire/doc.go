// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package otlpwire turns spans and log records into OTLP bytes, takes OTLP
// messages apart into envelopes and records, and puts them together again without
// decoding either.
//
// TracesData and LogsData have the same layout, so one walker serves both:
//
//	TracesData    { repeated ResourceSpans = 1 }
//	ResourceSpans { Resource = 1, repeated ScopeSpans = 2, schema_url = 3 }
//	ScopeSpans    { Scope = 1, repeated Span = 2, schema_url = 3 }
//
// A record is the bytes of one Span or LogRecord. Around it are its resource, which is
// every field of its ResourceSpans but the ScopeSpans, and its scope, every field of
// its ScopeSpans but the Spans, as raw protobuf fields. So schema URLs survive, and so
// do fields that this version of the protocol does not have.
//
// An Encoder writes records field by field, faster than the library, as far as they can
// be held. Encoding makes sure that nothing is lost where the library is newer than this package.
//
// Source: opentelemetry-proto v1, trace.proto, logs.proto and common.proto.
package otlpwire

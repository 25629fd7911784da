// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package links turns spans and log records into the links that package integrity
// checks traces by: the parent of each span, the service that a span calls, and the
// sampling flags. It notes the addresses at which services answer, so that a client
// span leads to the service that it called.
//
// A [Reader] is safe for concurrent use. Before Start it does nothing. A
// [PeerMemo] is for one batch: its strings are borrowed from the batch's spans.
//
// Sources: opentelemetry-proto v1 (SpanFlags), semantic conventions (server.address,
// peer.service, messaging.destination.name).
package links

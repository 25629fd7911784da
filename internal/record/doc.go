// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package record reads spans and log records: one pass over the attributes of an
// item finds everything that routes, sampling rules, joins and trace checks look
// at, in old and new semantic conventions. It also has the walks over batches.
//
// [Span] and [Log] hold what a pass found. Their strings are borrowed from the
// item and must not outlive it. Nothing here fails: an attribute of a type or
// form that nobody expects counts as none.
//
// The package decides nothing and changes no item; only the Remove and Clear walks
// take items out, and the caller chooses which.
//
// Sources: OpenTelemetry semantic conventions 1.40 (HTTP, RPC, messaging, user
// agent) and before 1.21 (http.method, http.target, net.peer.name);
// opentelemetry-proto v1 for flags.
package record

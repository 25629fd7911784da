// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package envelope turns what is around held records into envelopes of the trace
// buffer: [Clients] the metadata that a call arrived with, [Layers] the resources and
// scopes of a batch.
//
// An envelope is in the buffer once, however many records refer to it, and counts there
// until nobody does. Who interned one must forget it.
package envelope

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package fingerprint tells items apart by the values of some of their attributes, those
// that the configuration names: adaptive samplers give each fingerprint a rate of its
// own, and log records without a trace id are drawn by such values together. [Parse]
// reads the name of an attribute, and [Of] and [Hash] make a number of the values that
// an [Item] has.
//
// A fingerprint depends on nothing but the item, so every collector finds the same. The
// smallest one of a trace is the trace's own, and that of its root span is smaller than
// that of any other item.
package fingerprint

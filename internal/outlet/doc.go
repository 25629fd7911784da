// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package outlet delivers what the trace buffer released to the next component of
// a pipeline. A release is bytes; it is decoded for each try, together with those
// of other traces, merged by resource and scope. On the way logs get attributes
// from their spans, access logs that repeat others are taken out, and everything
// gets its sampling threshold.
//
// A next component that fails is tried again, at growing intervals, until it takes
// the batch, refuses it for good, or the collector shuts down. Until then the bytes
// count as held. What is lost is logged and counted by reason.
//
// An [Outlet] has one goroutine, which Start begins and Stop ends. Push never
// blocks.
package outlet

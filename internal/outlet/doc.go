// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package outlet delivers what the trace buffer has decided to keep to the next component
// of a pipeline. It takes as much at a time as goes on in one batch, decodes that for each
// try, merged by resource and scope, and leaves the rest where it lies. On the way logs get
// attributes from their spans, access logs that repeat others are taken out, and
// everything gets its sampling threshold.
//
// A next component that fails is tried again as the configuration says, until it takes the
// batch or refuses it for good. Of a batch that it took in part, only what it refused is
// tried again (consumererror.Traces, consumererror.Logs). What is lost is logged and
// counted by reason.
//
// What passes at once goes to the next component in a goroutine of its own (Pass), which its
// sender waits for, but not until the sender's time is over: then it is the outlet's.
//
// An [Outlet] has one more goroutine, which Start begins and Stop ends. Where the next component
// does not return though its context has ended, Stop leaves the goroutine to it.
package outlet

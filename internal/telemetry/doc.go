// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package telemetry has the processor's instruments, and the services that their
// series belong to. Other packages return what happened; here it is counted, once
// for each batch and not for each item: a [Tally] and [Amounts] gather what a
// batch's items have in common.
//
// [Label] makes what senders choose fit to be a label. [Services] bounds the number
// of labels: at most MaxServices services have series of their own, and at most
// MaxLabelSets combinations of a service with further resource attributes. All
// others share the label "_other". What nobody uses any more is forgotten, but for
// its series, which stay as long as the meter's provider.
//
// What was received is kept, refused, dropped or held, and no reading of the metrics
// shows an item in two of these or in none.
//
// [Instruments], [Services] and [RouteCounter] are safe for concurrent use; a
// Tally and Amounts are for one goroutine.
//
// The metrics are described in metadata.yaml.
package telemetry

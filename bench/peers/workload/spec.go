// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package workload

// Spec says what traffic to make.
type Spec struct {
	// Seed makes the traffic differ, nothing else does.
	Seed uint64
	// Traces is the number of traces in a round.
	Traces int
	// MeanSpans is the mean number of spans of a trace. The numbers are
	// distributed lognormally, between 1 and MaxSpans.
	MeanSpans float64
	MaxSpans  int
	// MeanLogs is the mean number of logs of a trace.
	MeanLogs float64
	// BatchItems is the mean number of items in a batch; batches have between
	// three and five quarters of it.
	BatchItems int
	// Shredded has a batch say a resource again and again, with 1.6 items each, as
	// senders do that put no items of one resource together.
	Shredded bool
}

// Shapes are the kinds of traffic by name: the default one, one whose batches say
// their resources again for every other item, and one of large batches with 500 items
// of each resource.
func Shapes() map[string]Spec {
	shredded, large := Default(), Default()
	shredded.Shredded = true
	large.BatchItems = 500 * serviceCount
	return map[string]Spec{"default": Default(), "shredded": shredded, "large": large}
}

// Default is the traffic of the published figures: 8 spans and 6 logs a trace,
// in batches of 512 items.
func Default() Spec {
	return Spec{Seed: 1, Traces: 15_000, MeanSpans: 8.1, MaxSpans: 400, MeanLogs: 6.1, BatchItems: 512}
}

// Shares of the traffic, in one thousand.
const (
	failedTraces  = 9  // have a span with an error status and a log of severity ERROR
	slowTraces    = 21 // take longer than two seconds
	debugTraces   = 1  // ask for debugging by a header
	logsWithoutID = 51 // have no trace id at all
	logsHiddenID  = 20 // have it in an attribute or the body only
	lateGroups    = 10 // of the spans a service sends for a trace come after the verdict
)

// Service and route counts.
const (
	serviceCount     = 20
	routesPerService = 16
)

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package integrity

import (
	"iter"
	"time"
)

// What is the kind of a finding.
type What uint8

// The kinds of findings. The first four are what the others are measured by.
const (
	TracesChecked           What = iota // traces checked, by the Kind of the root, KindLog if there is none
	ClientSpans                         // client spans to a Peer that answers, which did not fail and are no probes
	LogSpans                            // spans that logs of services that send some speak of, of traces not known to be unsampled
	TracesWithLogs                      // traces with a log of a service that sends spans; Reason says if it was sampled
	TracesUnchecked                     // traces not checked, by Reason
	TracesRootless                      // spans, but no root; Reason says where the parent of the first span is
	TracesMultiRoot                     // more than one root
	TracesDisconnected                  // more than one piece
	TracesWithoutLogs                   // spans, but no log
	LogsWithoutSpans                    // traces with logs, but no span; Reason says if it was sampled
	SpansOrphan                         // the parent is of the same process and did not arrive, by Kind
	SpansRemoteParentUnseen             // the parent is of another process and did not arrive, by Kind
	SpansDuplicateID                    // two spans with one id, by Reason
	ClientWithoutServer                 // of ClientSpans, those the Peer has no span for
	LogSpanDangling                     // of LogSpans, those that did not arrive and are not of who called the service
	PropagationBroken                   // by Reason
	whats
)

// Reason refines a finding.
type Reason uint8

// The reasons.
const (
	ReasonNone Reason = iota
	// Of TracesUnchecked.
	Limit    // no memory for its links
	Giant    // more items than a trace may have
	Shutdown // its window was not over
	// Of TracesRootless.
	ParentLocal
	ParentRemoteUnseen
	// Of LogsWithoutSpans, TracesWithLogs, LogSpans and LogSpanDangling.
	SampledYes
	SampledNo
	SampledUnknown
	// Of SpansDuplicateID.
	Repeated    // the same span again: it was exported twice
	Conflicting // another span
	// Of PropagationBroken.
	TraceIDTruncated  // one trace, its id with and without the high half
	Restarted         // a service that was called began a trace of its own
	HeaderMismatch    // an item has another trace id than the header it names
	FlagsInconsistent // a child and its parent disagree on being sampled
	RandomnessConflict
	ThresholdInconsistent // a span was kept although its threshold says it was not
	reasons
)

// String returns the reason's name in telemetry.
func (r Reason) String() string {
	return [reasons]string{
		"", "limit", "giant", "shutdown", "local", "remote", "true", "false", "unknown", "repeated", "conflicting",
		"trace_id_truncated", "restarted", "b3_w3c_mismatch", "flags_inconsistent", "rv_conflict", "th_inconsistent",
	}[r]
}

// Finding is a flaw, or what flaws are measured by: something to count.
type Finding struct {
	Service uint16 // a Link's
	Peer    uint16 // a Name, of ClientSpans and ClientWithoutServer
	What    What
	Kind    Kind   // where the What is by Kind
	Reason  Reason // where the What is by Reason
}

// Example is an item that a finding counts, to be looked up: the halves of its trace id,
// and its span id, or 0. The zero Example is none.
type Example struct{ High, Low, Span uint64 }

// Example returns the item as an example.
func (it *Item) Example() Example { return Example{it.High, it.Low, it.Span} }

// Age is a duration that belongs to a service.
type Age struct {
	Service uint16 // a Link's
	Signal  Kind   // KindLog, or a span's
	Age     time.Duration
	Of      Example
}

// Report gathers findings. The caller owns it and empties it with Reset; the
// zero value is ready for use.
type Report struct {
	counts counts
	// Skews are by how much spans began before the span that called them.
	Skews []Age
	// Late are the ages of items that arrived after their trace's window.
	Late []Age
}

// Reset empties the report and keeps its memory.
func (r *Report) Reset() {
	r.counts.clear()
	r.Skews, r.Late = r.Skews[:0], r.Late[:0]
}

// Add counts a finding.
func (r *Report) Add(f Finding) { r.counts.add(f) }

// Flaw counts a finding that is a flaw. The first of its kind is the example.
func (r *Report) Flaw(f Finding, at Example) {
	if c := r.counts.add(f); c.n == 1 {
		c.example = at
	}
}

func (r *Report) trace(w What, why Reason, service uint16) {
	r.Add(Finding{What: w, Reason: why, Service: service})
}

func (r *Report) flaw(w What, why Reason, service uint16, at Example) {
	r.Flaw(Finding{What: w, Reason: why, Service: service}, at)
}

// Example returns an item that was counted, if the finding is a flaw, or none.
func (r *Report) Example(f Finding) Example { return r.counts.example(f) }

// Counts are the findings and how many there are of each, in no order.
func (r *Report) Counts() iter.Seq2[Finding, int] { return r.counts.all }

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

// Reason says whether a trace id was found, and why not.
type Reason uint8

// The order is that of how much it tells: of several failed attempts the highest is reported.
const (
	// Found goes with a valid id.
	Found Reason = iota
	// Absent: nothing there claims to be a trace id.
	Absent
	// Placeholder: the key is there, its value stands for "none" ("-", "null", "N/A", an unexpanded
	// template, the empty text).
	Placeholder
	// InvalidZero: an id of zeros, what a tracing library writes outside of any span.
	InvalidZero
	// Malformed: the value claims to be an id and has the form of none.
	Malformed
)

var reasonNames = [...]string{
	Found: "found", Absent: "absent", Placeholder: "placeholder", InvalidZero: "invalid_zero", Malformed: "malformed",
}

// String returns the reason as a metric label.
func (r Reason) String() string {
	if int(r) < len(reasonNames) {
		return reasonNames[r]
	}
	return "unknown"
}

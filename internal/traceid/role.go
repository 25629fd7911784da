// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

// Kind says what sort of value a key holds.
type Kind uint8

// The kinds.
const (
	// RoleNone: the key has nothing to do with traces.
	RoleNone Kind = iota
	// RoleTraceID: a trace id, in whatever form.
	RoleTraceID
	// RoleSpanID: the id of the span that was active.
	RoleSpanID
	// RoleFlags: the trace flags, or whether the trace is sampled.
	RoleFlags
	// RoleContext: a propagation header with trace id, span id and flags in one value.
	RoleContext
	// RoleTraceHigh: the high 64 bits of a Datadog trace id, kept apart from the low ones.
	RoleTraceHigh
)

// Role is what a key means. The zero value is that of a key without meaning.
type Role struct {
	Kind Kind
	// Rank orders keys of one kind: the value under the lower rank wins.
	Rank uint16
	hint hint
}

// Parse reads the trace id in a value found under a key of kind RoleTraceID or RoleContext. The key
// settles only what the value leaves open: digits under a dd.* key are decimal, ids under uber-trace-id
// may lack leading zeros. The value is borrowed and not retained. Reason is Found exactly when the id
// is valid.
func (r Role) Parse(value string) (Context, Reason) { return parse(r.hint, value) }

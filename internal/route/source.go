// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import "github.com/otelcol-correlation/correlationprocessor/internal/route/template"

// Source tells what a pattern was derived from, best first.
type Source uint8

const (
	// SourceNone: no pattern, for the text is not a path.
	SourceNone Source = iota
	// SourceFramework: the http.route the item itself carried.
	SourceFramework
	// SourceTemplate: a template the user declared.
	SourceTemplate
	// SourceLearned: an http.route seen on other items of the service.
	SourceLearned
	// SourceInferred: the shape of the segments and evidence from traffic.
	SourceInferred
	// SourceOverflow: the cap was met; the pattern is a prefix with a tail.
	SourceOverflow
	// SourceUnmatched: the service says that it has no such route, and nobody
	// else has asked for it with success; the pattern is a tail.
	SourceUnmatched
)

var sourceNames = [...]string{"none", "framework", "template", "learned", "inferred", "overflow", "unmatched"}

// String returns the lower-case word used as a metric label.
func (s Source) String() string {
	if int(s) < len(sourceNames) {
		return sourceNames[s]
	}
	return "unknown"
}

// Authoritative reports whether somebody who knows the router said so: such a
// pattern may be written as http.route, an inferred one may not.
func (s Source) Authoritative() bool {
	return s == SourceFramework || s == SourceTemplate
}

// Request is what an item, a span or a log, tells of the request it is about. The
// strings are the caller's; nothing of them is kept.
type Request struct {
	Method string // "" if unknown
	Route  string // the http.route the item carries, or ""
	Path   string // a path or a URL, with its query or without; "" if unknown
	// Trace is part of the trace's id, 0 if it has none: items of one trace that
	// tell the same are evidence only once.
	Trace uint64
	// Status is that of the HTTP response, 0 if unknown.
	Status int
}

// unmatched reports that the service says it has no such route.
func (q *Request) unmatched() bool { return q.Status == 404 || q.Status == 405 }

// fold returns 32 bits of the trace: 0 if there is none.
func (q *Request) fold() uint32 {
	folded := uint32(q.Trace) ^ uint32(q.Trace>>32)
	if q.Trace != 0 && folded == 0 {
		return 1
	}
	return folded
}

// Result is the fate of one path. Pattern is immutable, shared by all paths of
// the route, and empty only if the text was empty or not a path.
type Result struct {
	Pattern string
	Source  Source
}

// overflowPattern is what is left when not even a prefix has a place.
const overflowPattern = "/{" + template.AnonymousTail + "...}"

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

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
)

var sourceNames = [...]string{"none", "framework", "template", "learned", "inferred", "overflow"}

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

// Result is the fate of one path. Pattern is immutable, shared by all paths of
// the route, and empty only if the text was empty or not a path.
type Result struct {
	Pattern string
	Source  Source
}

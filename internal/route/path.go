// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import "strings"

const (
	// maxSegments is how deep a path is looked at; what lies below is a tail.
	// The deepest published API template known to us has 12 segments.
	maxSegments = 24
	// maxPathBytes bounds the work for one path whatever its length.
	maxPathBytes = 4096
)

// pathView is a path cut into segments that still point into the caller's
// string. It lives on the stack of one call and must never be kept.
type pathView struct {
	host string
	segs [maxSegments]string
	n    int
	// deeper: the path has more segments or bytes than were looked at.
	deeper bool
}

// split cuts text, a path or a URL, into v. It reports false if text holds no
// path: it is empty, an authority (host:443), an asterisk, or relative.
//
// Query and fragment are cut, empty segments (double and trailing slashes) are
// skipped, matrix parameters (;jsessionid=…) are cut. Percent-encoding is left
// as it is: an encoded slash never ends a segment.
func (v *pathView) split(text string) bool {
	v.n, v.host, v.deeper = 0, "", false
	path, ok := v.cutHost(text)
	if !ok {
		return false
	}
	if len(path) > maxPathBytes {
		path, v.deeper = path[:maxPathBytes], true
	}
	start, end := 1, -1 // end of the segment, if cut before the slash
	for i := 1; i < len(path); i++ {
		switch path[i] {
		case '/':
			if !v.add(path, start, i, end) {
				return true
			}
			start, end = i+1, -1
		case ';':
			if end < 0 && i > start {
				end = i
			}
		case '?', '#':
			v.deeper = false // what was cut is query
			v.add(path, start, i, end)
			return true
		}
	}
	v.add(path, start, len(path), end)
	return true
}

// add appends path[start:stop], or up to end if that is set; it reports false
// if there is no room.
func (v *pathView) add(path string, start, stop, end int) bool {
	if end >= 0 {
		stop = end
	}
	if start == stop {
		return true
	}
	if v.n == maxSegments {
		v.deeper = true
		return false
	}
	v.segs[v.n] = path[start:stop]
	v.n++
	return true
}

// cutHost takes scheme://host off the front of text.
func (v *pathView) cutHost(text string) (path string, ok bool) {
	if text == "" {
		return "", false
	}
	if text[0] == '/' {
		return text, true
	}
	scheme := strings.Index(text[:min(len(text), 32)], "://")
	if scheme <= 0 {
		return "", false
	}
	rest := text[scheme+3:]
	if len(rest) > maxPathBytes {
		rest, v.deeper = rest[:maxPathBytes], true
	}
	end := strings.IndexAny(rest, "/?#")
	if end < 0 {
		v.host = rest
		return "/", rest != ""
	}
	v.host = rest[:end]
	if rest[end] != '/' {
		v.deeper = false
		return "/", end > 0
	}
	return rest[end:], end > 0
}

// segments returns what split found.
func (v *pathView) segments() []string { return v.segs[:v.n] }

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
	host  string
	path  string // without scheme and host
	spans [maxSegments]span
	n     int
	// deeper: the path has more segments or bytes than were looked at.
	deeper bool
}

// span is where a segment lies in the path, and the kinds of bytes in it.
type span struct {
	start, end uint16
	kinds      byteSet
}

// split cuts text, a path or a URL, into v. It reports false if text holds no
// path: it is empty, an authority (host:443), an asterisk, or relative.
//
// Query and fragment are cut, empty segments (double and trailing slashes) are
// skipped, matrix parameters (;jsessionid=…) are cut. Percent-encoding is left
// as it is: an encoded slash never ends a segment.
func (v *pathView) split(text string) bool {
	v.n, v.host, v.path, v.deeper = 0, "", "", false
	path, ok := v.cutHost(text)
	if !ok {
		return false
	}
	if len(path) > maxPathBytes {
		path, v.deeper = path[:maxPathBytes], true
	}
	v.path = path
	for i := 1; i < len(path); i++ {
		start := i
		kinds, end := scanSegment(path, i)
		if !v.add(start, end, kinds) {
			return true
		}
		if i = end; i < len(path) && path[i] == ';' {
			i = afterMatrix(path, i)
		}
		if i < len(path) && path[i] != '/' {
			v.deeper = false // what was cut is query
			return true
		}
	}
	return true
}

// scanSegment reads the segment that starts at i.
func scanSegment(path string, i int) (kinds byteSet, end int) {
	for end = i; end < len(path); end++ {
		k := byteKinds[path[end]]
		if k&hasPunct != 0 {
			switch path[end] {
			case '/', '?', '#':
				return kinds, end
			case ';':
				if end > i {
					return kinds, end
				}
			}
		}
		kinds |= k
	}
	return kinds, end
}

// afterMatrix skips the matrix parameters that start at i.
func afterMatrix(path string, i int) int {
	if n := strings.IndexAny(path[i:], "/?#"); n >= 0 {
		return i + n
	}
	return len(path)
}

// add appends path[start:end]; it reports false if there is no room.
func (v *pathView) add(start, end int, kinds byteSet) bool {
	if start == end {
		return true
	}
	if v.n == maxSegments {
		v.deeper = true
		return false
	}
	v.spans[v.n] = span{uint16(start), uint16(end), kinds}
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
	end := hostEnd(rest)
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

// seg returns segment i, or "" if there is none.
func (v *pathView) seg(i int) string {
	if i >= v.n {
		return ""
	}
	s := &v.spans[i]
	return v.path[s.start:s.end]
}

// text returns segment i.
func (v *pathView) text(i int) text {
	s := &v.spans[i]
	return readInside(v.path, int(s.start), int(s.end))
}

// segments lists the segments.
func (v *pathView) segments() []string {
	segs := make([]string, v.n)
	for i := range segs {
		segs[i] = v.seg(i)
	}
	return segs
}

// join returns the segments from i up to end.
func (v *pathView) join(i, end int) string { return strings.Join(v.segments()[i:end], "/") }

// hostEnd is where the host of a URL ends, or -1 if there is nothing behind it.
func hostEnd(rest string) int {
	for i := range len(rest) {
		if c := rest[i]; c == '/' || c == '?' || c == '#' {
			return i
		}
	}
	return -1
}

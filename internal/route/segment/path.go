// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package segment

import "strings"

const (
	// MaxSegments is how deep a path is looked at; what lies below is a tail.
	// The deepest published API template known to us has 12 segments.
	MaxSegments = 24
	// MaxPathBytes bounds the work for one path whatever its length.
	MaxPathBytes = 4096
)

// Path is a path cut into segments that still point into the caller's
// string. It lives on the stack of one call and must never be kept.
type Path struct {
	host  string
	path  string // without scheme and host
	spans [MaxSegments]span
	n     int
	// deeper: the path has more segments or bytes than were looked at.
	deeper bool
}

// span is where a segment lies in the path, and the kinds of bytes in it.
type span struct {
	start, end uint16
	kinds      Kinds
}

// Split cuts text, a path or a URL, into p. It reports false if text holds no
// path: it is empty, an authority (host:443), an asterisk, or relative.
//
// Query and fragment are cut, empty segments (double and trailing slashes) are
// skipped, matrix parameters (;jsessionid=…) are cut. Percent-encoding is left
// as it is: an encoded slash never ends a segment.
func (p *Path) Split(text string) bool {
	p.n, p.host, p.path, p.deeper = 0, "", "", false
	path, ok := p.cutHost(text)
	if !ok {
		return false
	}
	if len(path) > MaxPathBytes {
		path, p.deeper = path[:MaxPathBytes], true
	}
	p.path = path
	for i := 1; i < len(path); i++ {
		start := i
		kinds, end := scanSegment(path, i)
		if !p.add(start, end, kinds) {
			return true
		}
		if i = end; i < len(path) && path[i] == ';' {
			i = afterMatrix(path, i)
		}
		if i < len(path) && path[i] != '/' {
			p.deeper = false // what was cut is query
			return true
		}
	}
	return true
}

// scanSegment reads the segment that starts at i.
func scanSegment(path string, i int) (kinds Kinds, end int) {
	for end = i; end < len(path); end++ {
		k := byteKinds[path[end]]
		if k&hasPunct != 0 {
			switch path[end] {
			case '/', '?', '#':
				return kinds, end
			case ';':
				return kinds, end
			}
		}
		kinds |= k
	}
	return kinds, end
}

// Keyed reports that a segment holds a name and a key.
func (p *Path) Keyed() bool {
	for _, s := range p.spans[:p.n] {
		if s.kinds&hasPunct != 0 && keyAt(p.path[s.start:s.end]) > 0 {
			return true
		}
	}
	return false
}

// Keys returns the path with the keys apart from the names in front of them, in
// segments of their own: Products(5) of OData is "Products(" and "5)", the
// partition hour=7 is "hour=" and "7".
func (p *Path) Keys() Path {
	q := *p
	q.n = 0
	for _, s := range p.spans[:p.n] {
		open := keyAt(p.path[s.start:s.end])
		middle := s.start + uint16(open)
		if open > 0 && q.n < MaxSegments {
			q.add(int(s.start), int(middle), Scan(p.path[s.start:middle]))
			s = span{middle, s.end, Scan(p.path[middle:s.end])}
		}
		if !q.add(int(s.start), int(s.end), s.kinds) {
			break
		}
	}
	return q
}

// afterMatrix skips the matrix parameters that start at i.
func afterMatrix(path string, i int) int {
	if n := strings.IndexAny(path[i:], "/?#"); n >= 0 {
		return i + n
	}
	return len(path)
}

// add appends path[start:end]; it reports false if there is no room.
func (p *Path) add(start, end int, kinds Kinds) bool {
	if start == end {
		return true
	}
	if p.n == MaxSegments {
		p.deeper = true
		return false
	}
	p.spans[p.n] = span{uint16(start), uint16(end), kinds}
	p.n++
	return true
}

// cutHost takes scheme://host off the front of text.
func (p *Path) cutHost(text string) (path string, ok bool) {
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
	if len(rest) > MaxPathBytes {
		rest, p.deeper = rest[:MaxPathBytes], true
	}
	end := hostEnd(rest)
	if end < 0 {
		p.host = rest
		return "/", rest != ""
	}
	p.host = rest[:end]
	if rest[end] != '/' {
		p.deeper = false
		return "/", end > 0
	}
	return rest[end:], end > 0
}

// Len returns the number of segments.
func (p *Path) Len() int { return p.n }

// Deeper reports that the path has more segments or bytes than were looked at.
func (p *Path) Deeper() bool { return p.deeper }

// Host returns the host of a URL, with user and port, or "".
func (p *Path) Host() string { return p.host }

// Kinds returns the kinds of bytes in segment i.
func (p *Path) Kinds(i int) Kinds { return p.spans[i].kinds }

// Segment returns segment i, or "" if there is none.
func (p *Path) Segment(i int) string {
	if i >= p.n {
		return ""
	}
	s := &p.spans[i]
	return p.path[s.start:s.end]
}

// Key returns segment i, to look it up by.
func (p *Path) Key(i int) Key {
	s := &p.spans[i]
	return readInside(p.path, int(s.start), int(s.end))
}

// Segments lists the segments.
func (p *Path) Segments() []string {
	segs := make([]string, p.n)
	for i := range segs {
		segs[i] = p.Segment(i)
	}
	return segs
}

// Join returns the segments from i up to end.
func (p *Path) Join(i, end int) string { return strings.Join(p.Segments()[i:end], "/") }

// hostEnd is where the host of a URL ends, or -1 if there is nothing behind it.
func hostEnd(rest string) int {
	for i := range len(rest) {
		if c := rest[i]; c == '/' || c == '?' || c == '#' {
			return i
		}
	}
	return -1
}

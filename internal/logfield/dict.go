// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package logfield

// Dict maps keys to values of the caller's, whose zero value means that a key is unknown. It is
// built once and then only read, so all goroutines may share one.
type Dict[V comparable] struct {
	names index[V]
	// parts holds the objects that are the beginning of a known key, as dd is of dd.trace_id.
	parts index[bool]
	// containers holds the objects whose keys count as if they stood at the top.
	containers index[bool]
}

// Add makes a key known, and the objects in which it lies when it is nested at its dots. A key that
// is known already keeps its value.
func (d *Dict[V]) Add(name string, v V) {
	d.names.add(name, v)
	for i := range len(name) {
		if name[i] == '.' {
			d.parts.add(name[:i], true)
		}
	}
}

// AddContainer names an object whose keys count as if they stood at the top.
func (d *Dict[V]) AddContainer(name string) { d.containers.add(name, true) }

// Names returns the known keys, in small letters without separators, in the order in which they were added.
func (d *Dict[V]) Names() []string { return d.names.names }

// Lookup returns the value of a key at the top. Case is ignored, and so are the separators . _ - and /.
func (d *Dict[V]) Lookup(key string) (v V) {
	if !d.names.maybe(key) {
		return v
	}
	return d.names.get(nil, key)
}

// LookupIn returns the value of a key inside of a nested object.
func (d *Dict[V]) LookupIn(s *Scope, key string) (v V) {
	if !s.isTop() {
		if found := d.names.get(s, key); found != v || !s.open {
			return found
		}
	}
	return d.Lookup(key)
}

// Enter returns the scope of the object under key in s, or false if nothing inside can matter or it
// is too deep: at most MaxDepth objects lie around a key that is found.
func (d *Dict[V]) Enter(s Scope, key string) (Scope, bool) {
	top := s.isTop()
	if s.depth == MaxDepth || top && !d.parts.maybe(key) && !d.containers.maybe(key) {
		return s, false
	}
	inner, fits := s.with(key)
	switch {
	case d.containers.get(&s, key) || s.open && d.containers.get(nil, key):
		if !fits {
			return Scope{depth: inner.depth}, true
		}
		inner.open = true
		return inner, true
	case fits && d.parts.get(&s, key):
		return inner, true
	case s.open && d.parts.get(nil, key):
		return Scope{depth: s.depth}.with(key)
	}
	return s, false
}

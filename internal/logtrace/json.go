// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package logtrace

import "github.com/otelcol-correlation/correlationprocessor/internal/logfield"

// objectRead is what the walk over an object has found besides ids: how much of the text it read, and where in it
// the record's message is. Of several messages it is the most telling.
type objectRead struct {
	read       int
	start, end int
	rank       uint16
}

// offerObject offers the fields of the object at the start of s, which stands in the scope.
func (f *Finder) offerObject(k *Keys, s string, in Scope) (found objectRead) {
	o := logfield.NewObject(s)
	var scopes [logfield.MaxDepth + 1]Scope
	var entries [logfield.MaxDepth + 1]entry
	scopes[0] = in
	depth := 0
	for step := o.Next(); step != logfield.End; step = o.Next() {
		scope := &scopes[depth]
		switch step {
		case logfield.Field:
			r := k.lookupIn(scope, o.Key())
			switch {
			case r.Kind == RoleMessage:
				found.note(r, o.ValueStart(), len(o.Value()))
			case r.Kind != RoleNone:
				f.Offer(r, o.Value())
			case depth > 0 && entries[depth].add(o.Key(), o.ValueStart(), len(o.Value())):
				f.Offer(k.lookupIn(scope, entries[depth].name(s)), entries[depth].text(s))
			}
		case logfield.Close:
			depth--
		case logfield.Open:
			inner, ok := k.Enter(*scope, o.Key())
			switch {
			case o.IsArray() && (ok || k.lookupIn(scope, o.Key()).Kind != RoleNone):
				o.Into()
			case !o.IsArray() && ok && o.Into():
				depth++
				scopes[depth], entries[depth] = inner, entry{}
			}
		}
	}
	found.read = o.Pos()
	return found
}

func (m *objectRead) note(r Role, start, length int) {
	if length > 0 && (m.end == 0 || r.Rank < m.rank) {
		m.start, m.end, m.rank = start, start+length, r.Rank
	}
}

// entry is an object that has a key and its value apart, {"key":"traceId","value":"…"}: so log4j writes its
// contextMap as a list, and firewalls the headers of requests. It holds places in the text.
type entry struct{ nameStart, nameEnd, textStart, textEnd int }

// add notes a field, and reports whether both are there now.
func (e *entry) add(field string, start, length int) bool {
	switch {
	case IsEntryName(field):
		e.nameStart, e.nameEnd = start, start+length
	case IsEntryValue(field):
		e.textStart, e.textEnd = start, start+length
	default:
		return false
	}
	return e.nameEnd > 0 && e.textEnd > 0
}

func (e *entry) name(s string) string { return s[e.nameStart:e.nameEnd] }
func (e *entry) text(s string) string { return s[e.textStart:e.textEnd] }

// IsEntryName reports whether a field holds the key, and IsEntryValue whether it holds the value, in an object that
// has the two apart.
func IsEntryName(field string) bool {
	switch field {
	case "key", "Key", "name", "Name":
		return true
	}
	return false
}

// IsEntryValue is described at IsEntryName.
func IsEntryValue(field string) bool { return field == "value" || field == "Value" }

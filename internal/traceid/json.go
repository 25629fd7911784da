// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

import "github.com/otelcol-correlation/correlationprocessor/internal/logfield"

// offerObject offers the fields of the object at the start of s. It returns how much of s was read, and
// where in it the record's message is.
func (f *Finder) offerObject(k *Keys, s string) (read, messageStart, messageEnd int) {
	o := logfield.NewObject(s)
	var scopes [logfield.MaxDepth + 1]Scope
	depth := 0
	for step := o.Next(); step != logfield.End; step = o.Next() {
		scope := &scopes[depth]
		switch step {
		case logfield.Field:
			if r := k.dict.LookupIn(scope, o.Key()); r.Kind != RoleNone {
				f.Offer(r, o.Value())
			} else if messageEnd == 0 && isMessage(o.Key()) {
				messageStart, messageEnd = o.ValueStart(), o.ValueStart()+len(o.Value())
			}
		case logfield.Close:
			depth--
		case logfield.Open:
			inner, ok := k.dict.Enter(*scope, o.Key())
			switch {
			case o.IsArray() && (ok || k.dict.LookupIn(scope, o.Key()).Kind != RoleNone):
				o.Into()
			case !o.IsArray() && ok && o.Into():
				depth++
				scopes[depth] = inner
			}
		}
	}
	return o.Pos(), messageStart, messageEnd
}

// isMessage reports whether a key holds the text of the record.
func isMessage(key string) bool {
	switch key {
	case "message", "msg", "log", "Message", "MESSAGE", "text", "body", "textPayload", "event", "line", "@m", "short_message":
		return true
	}
	return false
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package template

import "cmp"

// How special a place in a template is; less goes before more.
const (
	textOnly = iota
	textAndMore
	anyValue
	noMore
	anyRest
)

// Compare is negative if t is more special than o, positive if it is less, and 0 if
// neither is. Places are compared from the left: text goes before a partial segment
// and a parameter with a constraint, these before any other parameter, that before the
// end, and that before a tail. Of equal paths, the one that names more of method and
// host goes first.
func (t *Template) Compare(o *Template) int {
	for i := range max(len(t.segs), len(o.segs)) {
		if d := cmp.Or(t.weight(i)-o.weight(i), o.strictness(i)-t.strictness(i)); d != 0 {
			return d
		}
	}
	return o.bound() - t.bound()
}

// strictness is that of the i-th place, if it is no text.
func (t *Template) strictness(i int) int {
	if w := t.weight(i); w == textAndMore || w == anyRest {
		return t.segs[i].strictness()
	}
	return 0
}

// weight says how special the i-th place is.
func (t *Template) weight(i int) int {
	if i >= len(t.segs) {
		return noMore
	}
	s := t.segs[i]
	if _, literal := s.Literal(); literal {
		return textOnly
	}
	switch {
	case s.tail:
		return anyRest
	case len(s.parts) == 1 && s.parts[0].check == nil:
		return anyValue
	}
	return textAndMore
}

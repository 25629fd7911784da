// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package logfield

// Object walks the JSON object at the start of a text, one step at a time. It understands just enough
// to know which key a value belongs to. Arrays are unfolded: each element is a field under the key of
// the array.
//
//	o := logfield.NewObject(text)
//	for step := o.Next(); step != logfield.End; step = o.Next() {
//		switch step {
//		case logfield.Field: // o.Key() and o.Value()
//		case logfield.Open: // o.Key(); answered by o.Into(), or else passed over
//		case logfield.Close: // the object that was entered last is over
//		}
//	}
//
// It remembers places and not strings: with a string that is stored through a pointer, the compiler
// would move a text in a local buffer to the heap.
type Object struct {
	s          string
	i          int
	quote      int // the backslashes before each quote
	key, value span
	isArray    bool
	pending    bool // Open was returned and not yet answered
	depth      int
	levels     [maxLevels]level
}

// span is a part of the text.
type span struct{ start, end int }

// level is an object or an array that the walk is inside of.
type level struct {
	key   span // of the array
	array bool
}

// maxLevels is how many objects and arrays are entered, one in the other. What lies deeper is
// passed over.
const maxLevels = 2 * MaxDepth

// Step is what Next has found.
type Step uint8

// The steps.
const (
	// End: the object is over, or the rest is not JSON. Pos is the place.
	End Step = iota
	// Field: a key and its value.
	Field
	// Open: a key and the object or array under it, to be answered by Into, or else passed over.
	Open
	// Close: the end of an object that was entered. Arrays have none.
	Close
)

// NewObject returns the walk over the object at the start of s, which begins with a brace.
func NewObject(s string) Object { return Object{s: s, i: 1} }

// NewQuotedObject returns the walk over an object that is the content of a JSON string: before each quote stand
// as many backslashes as given (see Quoted). Values keep all their escapes.
func NewQuotedObject(s string, backslashes int) Object { return Object{s: s, i: 1, quote: backslashes} }

// Key returns the key of the field, object or array, without its quotes.
func (o *Object) Key() string { return o.s[o.key.start:o.key.end] }

// Value returns the inside of a string with its escapes as they are, or the text of a number or word.
func (o *Object) Value() string { return o.s[o.value.start:o.value.end] }

// ValueStart returns where Value is in the text.
func (o *Object) ValueStart() int { return o.value.start }

// IsArray tells, at Open, an array from an object.
func (o *Object) IsArray() bool { return o.isArray }

// Pos returns how much of the text was read. It is at least 1.
func (o *Object) Pos() int { return o.i }

// Into enters the object or array that Open has shown. It reports false for one that lies too deep, which is
// passed over.
func (o *Object) Into() bool {
	if o.depth+1 == maxLevels {
		return false
	}
	o.depth++
	o.levels[o.depth] = level{key: o.key, array: o.isArray}
	o.i++
	o.pending = false
	return true
}

// Next returns the next step.
func (o *Object) Next() Step {
	if o.pending {
		o.skip()
		o.pending = false
	}
	for {
		in := &o.levels[o.depth]
		switch c := o.blank(); {
		case c == ',':
			o.i++
		case in.array && c == ']':
			o.i++
			o.depth--
		case in.array:
			o.key = in.key
			return o.read(c)
		case c == '}':
			return o.close()
		case o.opensString(c):
			return o.member()
		default:
			return End
		}
	}
}

func (o *Object) close() Step {
	o.i++
	if o.depth == 0 {
		return End
	}
	o.depth--
	return Close
}

// member reads one key and its value. Where no colon follows, the text is not JSON, and is left to be
// read as text, beginning with what looked like a key.
func (o *Object) member() Step {
	start := o.i
	if !o.str(&o.key) {
		return End
	}
	if o.blank() != ':' {
		o.i = start
		return End
	}
	o.i++
	return o.read(o.blank())
}

// read reads the value that begins with c. One that is cut off by the end is not given out, for the rest
// of it may be taken for another.
func (o *Object) read(c byte) Step {
	ok := false
	switch {
	case c == '{' || c == '[':
		o.isArray, o.pending = c == '[', true
		return Open
	case o.opensString(c):
		ok = o.str(&o.value)
	case c != 0 && c != ']' && c != '}' && c != ':' && c != ',':
		ok = o.literal()
	}
	if !ok {
		return End
	}
	return Field
}

// opensString reports whether a string begins here, where c stands.
func (o *Object) opensString(c byte) bool {
	if o.quote == 0 {
		return c == '"'
	}
	return c == '\\' && quoteAt(o.s, o.i, o.quote)
}

// blank passes over blanks and returns the byte there, 0 at the end.
func (o *Object) blank() byte {
	o.i = pastBlanks(o.s, o.i, o.quote)
	if o.i < len(o.s) {
		return o.s[o.i]
	}
	return 0
}

// str reads the string that begins here and notes its inside. It reports false if it has no end.
func (o *Object) str(inside *span) bool {
	start := o.i + o.quote + 1
	length := stringEnd(o.s[start:], o.quote)
	if length < 0 {
		o.i = len(o.s)
		return false
	}
	*inside = span{start, start + length}
	o.i = start + length + o.quote + 1
	return true
}

// literal reads the number or word that begins here. It reports false if there is none or the text ends with it.
func (o *Object) literal() bool {
	start := o.i
	for ; o.i < len(o.s); o.i++ {
		if c := o.s[o.i]; c <= ' ' || c == ',' || c == '}' || c == ']' || c == '\\' {
			o.value = span{start, o.i}
			return o.i > start
		}
	}
	return false
}

// skip passes over the object or array that begins here.
func (o *Object) skip() {
	depth := 0
	for ; o.i < len(o.s); o.i++ {
		switch c := o.s[o.i]; {
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				o.i++
				return
			}
		case o.opensString(c):
			var inside span
			if !o.str(&inside) {
				return
			}
			o.i--
		}
	}
}

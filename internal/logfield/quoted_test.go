// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package logfield

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// content returns a text as it stands between the quotes of a JSON string.
func content(t require.TestingT, text string) string {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	require.NoError(t, e.Encode(text))
	s := strings.TrimSpace(b.String())
	return s[1 : len(s)-1]
}

// TestQuotedObjects: an object has the same steps as the content of a string, of a string in such a string, and so on, but
// for the escapes of its keys and values.
func TestQuotedObjects(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		object := rapid.MapOfN(rapid.StringMatching(`[a-z]{1,3}`), someJSON(3), 0, 4).Draw(t, "object")
		encode := json.Marshal
		if rapid.Bool().Draw(t, "indent") {
			encode = func(v any) ([]byte, error) { return json.MarshalIndent(v, "", "\t") }
		}
		plain, err := encode(object)
		require.NoError(t, err)
		text, backslashes := string(plain), 0
		want, _ := walkQuoted(text, 0)
		for range rapid.IntRange(1, 3).Draw(t, "wraps") {
			text, backslashes = content(t, text), Quoted(backslashes)
			for i := range want {
				want[i] = content(t, want[i])
			}
		}
		got, read := walkQuoted(text, backslashes)
		assert.Equal(t, want, got, text)
		assert.Equal(t, len(text), read)
		if len(object) > 0 {
			assert.Equal(t, 2, QuotedObjectStart("x "+text, 0, backslashes))
		}
	})
}

// walkQuoted writes down every key and value.
func walkQuoted(s string, backslashes int) (steps []string, read int) {
	o := NewQuotedObject(s, backslashes)
	for step := o.Next(); step != End; step = o.Next() {
		switch step {
		case Field:
			steps = append(steps, o.Key()+"="+o.Value())
		case Close:
			steps = append(steps, "}")
		case Open:
			steps = append(steps, o.Key()+"{")
			o.Into()
		}
	}
	return steps, o.Pos()
}

// FuzzQuotedObject: every walk ends, reads forward, and gives out only parts of the text.
func FuzzQuotedObject(f *testing.F) {
	f.Add(`{\"a\":{\"b\":[\"c\",{\"d\":\"\\\"\"}]},\"e\":1.5e3,\"f\":null}`, 1)
	f.Add(`{\n\"a\":\n[[[[[[[[`, 1)
	f.Add(`{\"a\":[\x]}`, 1)
	f.Add(`{\\\"a\\\":1\`, 3)
	f.Fuzz(func(t *testing.T, s string, backslashes int) {
		if s == "" || backslashes < 0 || backslashes > 7 {
			return
		}
		if at := QuotedObjectStart(s, 0, backslashes); at < 0 || at > len(s) {
			t.Fatal(at)
		}
		o := NewQuotedObject(s, backslashes)
		last := o.Pos()
		for step := o.Next(); step != End; step = o.Next() {
			if o.Pos() < last || o.Pos() > len(s) || step == Field && o.Pos() == last {
				t.Fatalf("from %d to %d of %d", last, o.Pos(), len(s))
			}
			last = o.Pos()
			if step == Open {
				o.Into()
			}
		}
		if o.Pos() < 1 || o.Pos() > len(s) {
			t.Fatal(o.Pos())
		}
	})
}

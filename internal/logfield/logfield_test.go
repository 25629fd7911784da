// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package logfield

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

// walk writes down every step over the object at the start of s, entering everything.
func walk(s string) (steps []string, read int) {
	o := NewObject(s)
	for step := o.Next(); step != End; step = o.Next() {
		switch step {
		case Field:
			steps = append(steps, o.Key()+"="+o.Value())
		case Close:
			steps = append(steps, "}")
		case Open:
			switch {
			case !o.Into():
				steps = append(steps, o.Key()+" too deep")
			case !o.IsArray():
				steps = append(steps, o.Key()+"{")
			}
		}
	}
	return steps, o.Pos()
}

func TestObject(t *testing.T) {
	for _, c := range []struct {
		json  string
		steps string
		rest  string
	}{
		{`{}`, "", ""},
		{`{"a":"b"} tail`, "a=b", " tail"},
		{`{ "a" : 1 , "b" : true,"c":null}`, "a=1 b=true c=null", ""},
		{`{"a":{"b":"c"},"d":"e"}`, "a{ b=c } d=e", ""},
		{`{"a":["x",1,{"b":2},["y",[]]],"d":"e"}`, "a=x a=1 a{ b=2 } a=y d=e", ""},
		{`{"a":"q\"uo\\te\\","b":"\\"}`, `a=q\"uo\\te\\ b=\\`, ""},
		{`{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"a":{"b":1}}}}}}}},"c":2}`, "a{ a{ a{ a{ a{ a{ a{ a too deep } } } } } } } c=2", ""},
		// What is not JSON, and what is cut off.
		{`{"a"=>"b"}`, "", `"a"=>"b"}`},
		{`{"a"`, "", `"a"`},
		{`{"a":`, "", ""},
		{`{"a":"b`, "", ""},
		{`{"a":12`, "", ""},
		{`{"a":1,"b":"c\"`, "a=1", ""},
		{`{"a":[1}}`, "a=1", `}}`},
		{`{"a":1]`, "a=1", `]`},
		{`{"a":}`, "", `}`},
		{`{"a":1 x`, "a=1", "x"},
		{`{x`, "", "x"},
	} {
		steps, read := walk(c.json)
		assert.Equal(t, c.steps, strings.Join(steps, " "), c.json)
		assert.Equal(t, c.rest, c.json[read:], c.json)
	}
}

func TestObjectSkips(t *testing.T) {
	o := NewObject(`{"a":{"b":["]","}",{"c":"\"}"}]},"d":[[{}],"]"],"e":"f"}`)
	require.Equal(t, Open, o.Next())
	assert.Equal(t, "a", o.Key())
	require.Equal(t, Open, o.Next(), "an object that is not entered is passed over")
	assert.True(t, o.IsArray())
	require.Equal(t, Field, o.Next())
	assert.Equal(t, "f", o.Value())
	assert.Equal(t, `f"}`, `{"a":{"b":["]","}",{"c":"\"}"}]},"d":[[{}],"]"],"e":"f"}`[o.ValueStart():])
	assert.Equal(t, End, o.Next())
}

// flatten is walk by means of encoding/json.
func flatten(d *json.Decoder, key string, steps *[]string) {
	token, err := d.Token()
	if err != nil {
		return
	}
	switch v := token.(type) {
	case json.Delim:
		if v == '{' && key != "" {
			*steps = append(*steps, key+"{")
		}
		for d.More() {
			inner := key
			if v == '{' {
				name, _ := d.Token()
				inner = fmt.Sprint(name)
			}
			flatten(d, inner, steps)
		}
		_, _ = d.Token()
		if v == '{' && key != "" {
			*steps = append(*steps, "}")
		}
	case nil:
		*steps = append(*steps, key+"=null")
	case string:
		*steps = append(*steps, key+"="+inJSON(v))
	default:
		*steps = append(*steps, fmt.Sprintf("%s=%v", key, v))
	}
}

// inJSON returns the text as it stands between the quotes of a JSON string. What someJSON draws has
// nothing to escape but these two.
func inJSON(v string) string { return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(v) }

func someJSON(depth int) *rapid.Generator[any] {
	return rapid.Custom(func(t *rapid.T) any {
		kind := rapid.IntRange(0, 5).Draw(t, "kind")
		if depth == 0 {
			kind %= 4
		}
		switch kind {
		case 0:
			return rapid.StringMatching(`[a-z"\\{}\[\],:= ]{0,12}`).Draw(t, "s")
		case 1:
			return rapid.IntRange(-9, 9999).Draw(t, "n")
		case 2:
			return nil
		case 3:
			return rapid.Bool().Draw(t, "b")
		case 4:
			return rapid.SliceOfN(someJSON(depth-1), 0, 3).Draw(t, "a")
		}
		return rapid.MapOfN(rapid.StringMatching(`[a-z]{1,3}`), someJSON(depth-1), 0, 3).Draw(t, "o")
	})
}

// TestObjectAgreesWithEncodingJSON: of any JSON the steps are those of the library.
func TestObjectAgreesWithEncodingJSON(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		object := rapid.MapOfN(rapid.StringMatching(`[a-z]{1,3}`), someJSON(4), 0, 4).Draw(t, "object")
		encode := json.Marshal
		if rapid.Bool().Draw(t, "indent") {
			encode = func(v any) ([]byte, error) { return json.MarshalIndent(v, "", "  ") }
		}
		text, err := encode(object)
		require.NoError(t, err)
		d := json.NewDecoder(strings.NewReader(string(text)))
		d.UseNumber()
		var want []string
		flatten(d, "", &want)
		got, read := walk(string(text))
		assert.Equal(t, want, got, string(text))
		assert.Equal(t, len(text), read)
	})
}

// TestPairs writes each pair as its key and the first byte of its value.
func TestPairs(t *testing.T) {
	for text, want := range map[string]string{
		"":                             "",
		"no pairs here":                "",
		"a=1 b=2":                      "a=1 b=2",
		`a="x" b: y`:                   `a=" b= `,
		`{"a":1, 'b' : 2}`:             "a=1 b= ",
		`{\"a\":\"1\"}`:                `a=\`,
		"x.y-z_1/@w=1":                 "x.y-z_1/@w=1",
		"GET /p?a=1&b=2 c=3":           "c=3",
		"list[0].a=1 /p/a=2 --a=3":     "",
		"12:30:01 a=1":                 "12=3 30=0 a=1",
		"=1 a= b=":                     "a=  b=.",
		strings.Repeat("k", 64) + "=1": "",
		strings.Repeat("k", 63) + "=1": strings.Repeat("k", 63) + "=1",
	} {
		var got []string
		pairs := NewPairs(text)
		for key, value, ok := pairs.Next(); ok; key, value, ok = pairs.Next() {
			if key != "" {
				got = append(got, key+"="+(text + ".")[value:value+1])
			}
		}
		assert.Equal(t, want, strings.Join(got, " "), text)
	}
}

func TestObjectStart(t *testing.T) {
	for text, want := range map[string]int{"": 0, "x": 1, `{"a"`: 0, `{}`: 2, `{x} { "`: 4, `{{"`: 1, "{\n\t\"": 0, "{": 1} {
		assert.Equal(t, want, ObjectStart(text, 0), text)
	}
}

// TestDictAgreesWithItsDefinition: a key is known if, without separators and in small letters, it is
// one of the names; up to one separator more than the name has seams.
func TestDictAgreesWithItsDefinition(t *testing.T) {
	var d Dict[int]
	names := []string{"trace_id", "traceparent", "dd.trace_id", "X-B3-TraceId", "@tr", "logging.googleapis.com/trace", "b3", "userAgent"}
	for i, name := range names {
		d.Add(name, i+1)
		d.Add(name, 99)
	}
	pieces := []string{"trace", "id", "ID", "Id", "_", ".", "-", "parent", "dd", "x", "b3", "B3", "@tr", "user", "Agent", "/"}
	rapid.Check(t, func(t *rapid.T) {
		key := strings.Join(rapid.SliceOfN(rapid.SampledFrom(pieces), 1, 6).Draw(t, "pieces"), "")
		want := 0
		for i, name := range names {
			if SameName(name, key) {
				want = i + 1
			}
		}
		got := d.Lookup(key)
		if strings.ContainsAny(key, "_.-/") && got == 0 {
			return // more separators than the filter admits
		}
		assert.Equal(t, want, got, key)
	})
	for i, name := range names {
		assert.Equal(t, i+1, d.Lookup(name))
		assert.Equal(t, i+1, d.Lookup("_"+strings.ToUpper(name)))
	}
}

func TestDictGrows(t *testing.T) {
	var d Dict[int]
	for i := range 5000 {
		d.Add(fmt.Sprintf("key%d", i), i+1)
	}
	for i := range 5000 {
		require.Equal(t, i+1, d.Lookup(fmt.Sprintf("KEY_%d", i)))
	}
	assert.Zero(t, d.Lookup("key5000"))
	d.Add("", 1)
	d.Add("._-", 1)
	d.Add(strings.Repeat("x", 64), 1)
	assert.Len(t, d.Names(), 5000)
	assert.Zero(t, d.Lookup(""))
	assert.Zero(t, d.Lookup("_"))
	assert.Zero(t, d.Lookup(strings.Repeat("x", 64)))
}

func TestDictNesting(t *testing.T) {
	var d Dict[int]
	d.Add("url.path", 1)
	d.Add("http.request.method", 2)
	d.Add("fields.x", 3)
	d.Add("y", 4)
	d.AddContainer("fields")
	lookup := func(path ...string) int {
		var s Scope
		for _, key := range path[:len(path)-1] {
			var ok bool
			if s, ok = d.Enter(s, key); !ok {
				return 0
			}
		}
		return d.LookupIn(&s, path[len(path)-1])
	}
	for want, paths := range map[int][][]string{
		1: {{"url.path"}, {"url", "path"}, {"URL", "Path"}, {"fields", "url", "path"}, {"fields", "url_path"}},
		2: {{"http", "request", "method"}, {"http.request", "method"}, {"http", "request.method"}},
		3: {{"fields", "x"}, {"fields.x"}},
		4: {{"y"}, {"fields", "y"}, {"fields", "fields", "fields", "fields", "y"}},
		0: {{"path"}, {"url", "method"}, {"url", "fields", "y"}, {"http", "method"}, {"x"}, {"fields", "fields", "fields", "fields", "fields", "y"}, {"", "y"}},
	} {
		for _, path := range paths {
			assert.Equal(t, want, lookup(path...), path)
		}
	}
}

// FuzzObject: every walk ends, reads forward, and gives out only parts of the text.
func FuzzObject(f *testing.F) {
	f.Add(`{"a":{"b":["c",{"d":"\""}]},"e":1.5e3,"f":null}`)
	f.Add(`{"a":[[[[[[[[[[`)
	f.Add(`{"a"{"b":}]`)
	f.Fuzz(func(t *testing.T, s string) {
		if s == "" {
			return
		}
		for _, enter := range []bool{true, false} {
			o := NewObject(s)
			last := o.Pos()
			for step := o.Next(); step != End; step = o.Next() {
				if o.Pos() < last || o.Pos() > len(s) {
					t.Fatalf("from %d to %d of %d", last, o.Pos(), len(s))
				}
				last = o.Pos()
				if step == Field && s[o.ValueStart():o.ValueStart()+len(o.Value())] != o.Value() {
					t.Fatal(o.Value())
				}
				if step == Open && enter {
					o.Into()
				}
			}
			if o.Pos() < 1 || o.Pos() > len(s) {
				t.Fatal(o.Pos())
			}
		}
	})
}

func FuzzPairs(f *testing.F) {
	f.Add("a=1 b: 2")
	f.Fuzz(func(t *testing.T, s string) {
		pairs, last := NewPairs(s), 0
		for key, value, ok := pairs.Next(); ok; key, value, ok = pairs.Next() {
			if value <= last || value > len(s) || !strings.Contains(s[:value], key) {
				t.Fatalf("%q at %d after %d", key, value, last)
			}
			last = value
		}
	})
}

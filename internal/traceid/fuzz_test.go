// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

import (
	"strings"
	"testing"
)

// checkResult holds what is true of every result, and that nothing was invented: the digits of an id
// in hex stand in the text.
func checkResult(t *testing.T, text string, c Context, r Reason) {
	t.Helper()
	if r != Found {
		if c != (Context{}) {
			t.Fatalf("%s with %+v", r, c)
		}
		return
	}
	if c.TraceID.IsZero() || c.Format == FormatNone || c.Format >= formatCount {
		t.Fatalf("found %+v", c)
	}
	digits := strings.ToLower(strings.ReplaceAll(text, "-", ""))
	id := hexOf(c.TraceID)
	switch c.Format {
	case FormatHex64, FormatB3, FormatSpring, FormatNewRelic:
		if c.TraceID.High() == 0 {
			id = id[16:]
		}
		id = strings.TrimLeft(id, "0")
	case FormatW3CHex:
		id = strings.TrimLeft(id, "0")
	case FormatTraceparent, FormatUUID, FormatXRay, FormatGCP, FormatAppInsights, FormatSentry:
	default:
		return // decimal, base 32, base 64, folded or hashed
	}
	if !strings.Contains(digits, id) {
		t.Fatalf("%s is not in %q", id, text)
	}
}

func FuzzParse(f *testing.F) {
	for _, file := range []string{"corpus.txt", "lookalikes.txt"} {
		for _, c := range readCorpus(f, file) {
			for _, a := range c.attrs {
				f.Add(a[0], a[1])
			}
		}
	}
	k := NewKeys(nil)
	f.Fuzz(func(t *testing.T, key, value string) {
		user := Role{Kind: RoleTraceID, hint: builtinHint(key)} // of a key that a user names
		c, r := user.Parse(value)
		checkResult(t, value, c, r)
		capitals := Role{Kind: RoleTraceID, hint: builtinHint(strings.ToUpper(key))}
		if again, r2 := capitals.Parse(" " + value + "\t"); isASCII(key) && (again != c || r2 != r) {
			t.Fatalf("%v %v, but with blanks %v %v", c, r, again, r2)
		}
		if role := k.Lookup(key); role.Kind != RoleNone {
			if again, r2 := role.Parse(value); again != c || r2 != r {
				t.Fatalf("%v %v, but by its role %v %v", c, r, again, r2)
			}
		}
		if s, ok := parseSpanID(user.hint, value); ok == (s == [8]byte{}) {
			t.Fatalf("span %x, %t", s, ok)
		}
	})
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}

func FuzzScanBody(f *testing.F) {
	for _, file := range []string{"corpus.txt", "lookalikes.txt"} {
		for _, c := range readCorpus(f, file) {
			f.Add(c.body)
			for _, a := range c.attrs {
				f.Add(a[0] + "=" + a[1])
			}
		}
	}
	f.Add(jsonBody)
	f.Add(logfmtBody)
	f.Add(proseBody)
	k := NewKeys(nil)
	f.Fuzz(func(t *testing.T, body string) {
		c, r := k.ScanBody(body)
		checkResult(t, body, c, r)
	})
}

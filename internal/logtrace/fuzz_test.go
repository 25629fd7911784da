// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package logtrace

import (
	"strings"
	"testing"

	"github.com/otelcol-correlation/correlationprocessor/internal/traceid/traceidtest"
)

// FuzzUserKey: a key that a user names has the same hint in capitals, and that of the built-in key if it is one.
func FuzzUserKey(f *testing.F) {
	for _, file := range []string{"corpus.txt", "lookalikes.txt"} {
		for _, c := range readCorpus(f, file) {
			for _, a := range c.attrs {
				f.Add(a[0])
			}
		}
	}
	k := NewKeys(nil)
	f.Fuzz(func(t *testing.T, key string) {
		hint := builtinHint(key)
		if capitals := builtinHint(strings.ToUpper(key)); isASCII(key) && capitals != hint {
			t.Fatalf("%v, but in capitals %v", hint, capitals)
		}
		if role := k.Lookup(key); role.Kind != RoleNone && role.hint != hint {
			t.Fatalf("%v, but by its role %v", hint, role.hint)
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
		traceidtest.Check(t, body, c, r)
	})
}

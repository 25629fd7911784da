// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"strings"
	"testing"
)

func FuzzParseTemplate(f *testing.F) {
	for _, c := range normalForms {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		templates, err := Parse(text)
		if err != nil {
			if !strings.Contains(err.Error(), "at offset ") {
				t.Fatalf("no place in %q", err)
			}
			return
		}
		if _, err := NewIndex(templates); err != nil {
			t.Fatalf("choices of %q conflict: %v", text, err)
		}
		for _, x := range templates {
			if !strings.HasPrefix(x.Pattern(), "/") {
				t.Fatalf("%q has the pattern %q", text, x.Pattern())
			}
		}
	})
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// FuzzMatch sends a fresh table the lines of text, one path after another: what
// it finds depends on the input alone.
func FuzzMatch(f *testing.F) {
	for _, paths := range []string{
		"/", "", "//a//b/\nhttp://h:1/a?b#c", "/a;x=1/%2f/%zz", "/\xff\xfe/é\n/a/é", "/{int}/*\nh:443\n/a/../b",
		"/a:b.png\n/a:c.png", "/{in\xf4}/B\n/in/B", "/a/1\n/a/2\n/a/3\n/a/x\n/a/{id}",
	} {
		f.Add(paths)
	}
	f.Fuzz(func(t *testing.T, paths string) {
		table, err := New(Options{
			Templates: []string{"/files/*", "/u/{a}-{b}.json", "GET /x/{n:[0-9]+}/{t...}"},
			MaxRoutes: 8, MaxServices: 1, Learn: true,
		})
		if err != nil {
			t.Fatal(err)
		}
		s := table.Service("fuzz")
		for path := range strings.SplitSeq(paths, "\n") {
			r := s.get(path)
			if (r.Pattern == "") != (r.Source == SourceNone) || r.Pattern != "" && r.Pattern[0] != '/' {
				t.Fatalf("%q gives %+v", path, r)
			}
			if utf8.ValidString(path) && !utf8.ValidString(r.Pattern) {
				t.Fatalf("invalid UTF-8 got into %q", r.Pattern)
			}
			if strings.ContainsAny(r.Pattern, "?#") {
				t.Fatalf("query got into %q", r.Pattern)
			}
			if s.Patterns() > 8 {
				t.Fatalf("%d patterns", s.Patterns())
			}
			s.sent(path, path)
			s.Parameters(r.Pattern, path, func(string, string) bool { return true })
		}
	})
}

func FuzzImport(f *testing.F) {
	f.Add([]byte(`{"version":1,"services":{"a":{"k":[{"l":"users","s":3,"k":[{"v":true,"c":"int","i":true,"o":"/x"}]}]}}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		table, err := New(Options{MaxRoutes: 8, MaxServices: 2, Learn: true})
		if err != nil {
			t.Fatal(err)
		}
		if table.Import(data) != nil {
			return
		}
		for name, s := range table.Services {
			if s.Patterns() > 8 {
				t.Fatalf("%q has %d patterns", name, s.Patterns())
			}
		}
		again, err := New(Options{MaxRoutes: 8, MaxServices: 2, Learn: true})
		if err != nil {
			t.Fatal(err)
		}
		if err := again.Import(table.Export()); err != nil {
			t.Fatal(err)
		}
	})
}

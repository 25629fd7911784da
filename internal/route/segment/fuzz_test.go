// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"strings"
	"testing"
)

// FuzzPath reads any text at every place: nothing is lost of a segment, and its keys
// apart are the segment.
func FuzzPath(f *testing.F) {
	for _, text := range []string{
		"/", "/a//b;v=1/;s=2", "/Products(5)/x", "/f(a='b')/(c)/d()/hour=7/=/a=", "/AA:BB:CC:DD:EE:F4/sha256:0123456789abcdef/urn:a:b",
		"/bob@example.com/a@1.2/@c", "/logs-2026.01.17/x-1.2.3.tar.gz/64x64/+49(1)2", "/%28%/é(1)/\xff=1", "https://h:1/a(1)?b#c",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var p Path
		if !p.Split(text) {
			return
		}
		keys := p.Keys()
		if !keys.Deeper() && strings.Join(keys.Segments(), "") != strings.Join(p.Segments(), "") {
			t.Fatalf("%q: %q became %q", text, p.Segments(), keys.Segments())
		}
		if p.Keyed() != (keys.Len() > p.Len()) && !keys.Deeper() {
			t.Fatalf("%q: keyed %v, %q", text, p.Keyed(), keys.Segments())
		}
		for i := range keys.Len() {
			for place := PlaceRoot; place <= PlaceKey; place++ {
				for _, h := range []Hints{{}, {AfterAPI: true}, {Whole: true}} {
					r := Read(keys.Segment(i), keys.Kinds(i), place, h)
					if r.Head+r.Suffix != keys.Segment(i) || r.Head == "" {
						t.Fatalf("%q at %d is %+v", keys.Segment(i), place, r)
					}
				}
			}
		}
	})
}

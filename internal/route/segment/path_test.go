// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package segment

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestSplitCutsAPathIntoSegments(t *testing.T) {
	for text, want := range map[string][]string{
		"/":                             {},
		"/a/b":                          {"a", "b"},
		"//a//b/":                       {"a", "b"},
		"/a;v=1/b;w=2?q=/c":             {"a", "b"},
		"/a%2Fb/c#d/e":                  {"a%2Fb", "c"},
		"https://user@host:80/a":        {"a"},
		"https://host?q=1":              {},
		"/;jsessionid=1/a":              {"a"},
		"/shop/;jsessionid=1":           {"shop"},
		"/;v=1":                         {},
		strings.Repeat("/a", 24) + "?b": strings.Split(strings.Repeat("a", 24), ""),
	} {
		var p Path
		assert.True(t, p.Split(text), text)
		assert.Equal(t, want, p.Segments(), text)
		assert.False(t, p.Deeper(), text)
	}
	for _, text := range []string{"", "*", "host:443", "a/b", "://a/b", "https://"} {
		var p Path
		assert.False(t, p.Split(text), text)
	}
}

func TestSplitStopsAtItsBounds(t *testing.T) {
	for _, text := range []string{strings.Repeat("/a", 25), "/" + strings.Repeat("a", MaxPathBytes), "/a/" + strings.Repeat("b", 1<<20)} {
		var p Path
		assert.True(t, p.Split(text))
		assert.True(t, p.Deeper())
		assert.LessOrEqual(t, p.Len(), MaxSegments)
		assert.LessOrEqual(t, len(p.Join(0, p.Len())), MaxPathBytes)
	}
}

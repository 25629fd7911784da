// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// rounds asks for the same paths again and again, and returns the patterns of the last
// round, by path.
func rounds(s *Service, count int, paths []string) map[string]string {
	last := map[string]string{}
	for range count {
		for _, path := range paths {
			last[path] = s.get(path).Pattern
		}
	}
	return last
}

// distinct are the texts that patterns has.
func distinct(patterns map[string]string) (all []string) {
	seen := map[string]bool{}
	for _, p := range patterns {
		if !seen[p] {
			all = append(all, p)
		}
		seen[p] = true
	}
	return all
}

// below makes paths of each of the words that the format has in the place of WORD.
func below(words string, formats ...string) (paths []string) {
	for w := range strings.FieldsSeq(words) {
		for _, f := range formats {
			paths = append(paths, strings.ReplaceAll(f, "WORD", w))
		}
	}
	return paths
}

// images are few in each project, and words that APIs use are among the projects.
const images = "library/nginx library/redis grafana/loki grafana/tempo prom/prometheus hashicorp/vault platform/auth data/ingest-worker shop/frontend shop/payments"

var ofImage = []string{"/v2/WORD/blobs/uploads", "/v2/WORD/manifests/1.2.3", "/v2/WORD/tags/list"}

func TestAFewNamesWithTheSameBelowThemAreValues(t *testing.T) {
	s := newTable(t, Options{Learn: true}).Service("a")
	patterns := rounds(s, 20, append(below(images, ofImage...), "/v2", "/v2/_catalog"))
	assert.ElementsMatch(t, []string{
		"/v2", "/v2/_catalog", "/v2/{param}/{param2}/blobs/uploads", "/v2/{param}/{param2}/manifests/{param3}", "/v2/{param}/{param2}/tags/list",
	}, distinct(patterns))

	after := newTable(t, Options{Learn: true})
	require.NoError(t, after.Import(exported(s)))
	for _, s := range []*Service{s, after.Service("a")} {
		late := rounds(s, 20, below("platform/billing status/page teams/web", ofImage...))
		assert.Len(t, distinct(late), 3, "projects and images that come later: %v", distinct(late))
		assert.Equal(t, "/v2/{param}/{param2}/tags/list", s.get("/v2/library/redis/tags/list").Pattern)
	}
}

// exported is what a table learned that has only the service, under the name a.
func exported(s *Service) []byte {
	t := &Table{}
	t.services.Store(&map[string]*Service{"a": s})
	return t.Export()
}

func TestEndpointsThatShareWhatIsBelowThemStay(t *testing.T) {
	shared := []string{"/projects/7/WORD/9/notes", "/projects/7/WORD/9/discussions", "/projects/7/WORD/9/award_emoji", "/projects/7/WORD"}
	for name, paths := range map[string][]string{
		"words as people name endpoints": below("issues merge_requests snippets epics commits", shared...),
		"something of their own": append(below("issues epics quuxly blorb", shared...), "/projects/7/issues/9/rewind",
			"/projects/7/epics/9/crank", "/projects/7/quuxly/9/frobnicate", "/projects/7/blorb/9/squeeze"),
		"three of them":        below("zoetrope gramophone quuxly", shared...),
		"one thing below them": below("issues epics quuxly blorb", "/projects/7/WORD/9/notes"),
		"nothing below them":   below("zoetrope gramophone quuxly blorb", "/projects/7/WORD"),
	} {
		s := newTable(t, Options{Learn: true}).Service("a")
		assert.Len(t, distinct(rounds(s, 50, paths)), len(paths), name)
	}
}

// TestTwoRequestsOfEachTellTooLittle: what only one of them has may not have come yet.
func TestTwoRequestsOfEachTellTooLittle(t *testing.T) {
	s := newTable(t, Options{Learn: true}).Service("a")
	paths := below("zoetrope gramophone quuxly blorb", "/projects/7/WORD/list", "/projects/7/WORD/create")
	assert.Len(t, distinct(rounds(s, 1, paths)), len(paths))
}

func TestAFrameworkParts(t *testing.T) {
	s := newTable(t, Options{Learn: true}).Service("a")
	rounds(s, 20, below(images, ofImage...))
	s.sent("/v2/library/{image}/tags/list", "/v2/library/redis/tags/list")
	s.sent("/{id}", "/7")
	assert.Equal(t, "/v2/library/{image}/tags/list", s.get("/v2/library/nginx/tags/list").Pattern, "what was united")
	assert.Equal(t, "/v2/{param}/{param2}/tags/list", s.get("/v2/grafana/loki/tags/list").Pattern)
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// names are things people give names to; no API uses them as endpoints.
var names = strings.Fields("falcon orbitz silvra emberly harbinger quartzy deltaic pixely nimbusy atlasian beaconry cobalty drifty fablet garnety hazely indigoy juniperly kestrely lumenic")

// learned sends the paths and returns the pattern of the last.
func learned(t *testing.T, paths ...string) string {
	t.Helper()
	s := newTable(t, Options{Learn: true}).Service("a")
	var r Result
	for _, p := range paths {
		r = s.Match("GET", p)
	}
	return r.Pattern
}

// each makes a path of each name.
func each(format string) (paths []string) {
	for i, n := range names {
		paths = append(paths, strings.NewReplacer("NAME", n, "NUM", fmt.Sprint(1000+i)).Replace(format))
	}
	return paths
}

func TestWordsBesideNumbersAreLiterals(t *testing.T) {
	paths := append(each("/videos/NUM"), "/videos/remixes", "/videos/zoetrope")
	assert.Equal(t, "/videos/zoetrope", learned(t, paths...))
	assert.Equal(t, "/videos/{param}", learned(t, "/videos/zoetrope"), "a word alone behind a plural is a name")
}

func TestAWordOfTheIdsOwnShapeIsAnId(t *testing.T) {
	var ids []string
	for i := range 10 {
		ids = append(ids, "/threads/thr_"+fmt.Sprintf("%08x", i*7919*31337))
	}
	assert.Equal(t, "/threads/{param}", learned(t, append(ids, "/threads/thr_zoetrope")...))
}

func TestManyNamesMakeWordsValuesEvenKnownOnes(t *testing.T) {
	paths := append(each("/shops/NAME"), "/shops/list-of-things", "/shops/summary")
	assert.Equal(t, "/shops/{param}", learned(t, append(paths, "/shops/invoice")...))
}

func TestTheSameFewWordsAreLiterals(t *testing.T) {
	var paths []string
	for range 10 {
		paths = append(paths, "/devices/zoetrope", "/devices/gramophone")
	}
	assert.Equal(t, "/devices/gramophone", learned(t, paths...))
}

func TestAnActionAmongNamesComesOutOnceItRepeats(t *testing.T) {
	var paths []string
	for i, p := range each("/images/NAME") {
		if i == 16 {
			paths = append(paths, "/images/prune", "/images/prune", "/images/prune", "/images/prune")
		}
		paths = append(paths, p)
	}
	assert.Equal(t, "/images/prune", learned(t, append(paths, "/images/prune")...))
}

func TestStaticSiblingsOfValuesStay(t *testing.T) {
	paths := append([]string{"/users/me", "/users/me"}, each("/users/NAME")...)
	paths = append(paths, each("/users/NAME/posts")...)
	assert.Equal(t, "/users/me", learned(t, append(paths, "/users/me")...))
}

func TestNamesBehindAValueAreFoundByWhatIsBelowThem(t *testing.T) {
	var paths []string
	for range 3 {
		paths = append(paths, each("/repos/acmey/NAME/issues")...)
		paths = append(paths, each("/repos/globexy/NAME/pulls")...)
	}
	assert.Equal(t, "/repos/{param}/{param2}/issues", learned(t, append(paths, "/repos/zorroly/quuxly/issues")...))
}

func TestTenantsBesideEndpoints(t *testing.T) {
	paths := []string{"/health", "/login", "/metrics", "/static/app.js", "/about", "/search"}
	paths = append(paths, each("/NAME/billing")...)
	s := newTable(t, Options{Learn: true}).Service("a")
	for _, p := range paths {
		s.Match("GET", p)
	}
	assert.Equal(t, "/{param}/billing", s.Match("GET", "/newcomerly/billing").Pattern)
	assert.Equal(t, "/health", s.Match("GET", "/health").Pattern)
	assert.Equal(t, "/search", s.Match("GET", "/search").Pattern)
}

func TestLeavesThatKeepComingAreValues(t *testing.T) {
	assert.Equal(t, "/parse/{param}", learned(t, append(each("/parse/NAME"), "/parse/newcomerly")...))
}

func TestNamesOfRemoteProceduresStay(t *testing.T) {
	s := newTable(t, Options{Learn: true}).Service("a")
	for i := range 100 {
		path := fmt.Sprintf("/api/chat.%sMessage", words(i))
		assert.Equal(t, path, s.Match("POST", path).Pattern)
	}
	assert.Equal(t, "/twirp/users.api.v1.UserService/Update", s.Match("POST", "/twirp/users.api.v1.UserService/Update").Pattern)
}

func TestAFrameworkUndoesAWrongGuess(t *testing.T) {
	s := newTable(t, Options{Learn: true}).Service("a")
	assert.Equal(t, "/report/zoetrope", s.Match("GET", "/report/zoetrope").Pattern)
	s.Observe("GET", "/report/{kind}", "/report/zoetrope")
	assert.Equal(t, "/report/{kind}", s.Match("GET", "/report/zoetrope").Pattern, "a literal that is a value")

	assert.Equal(t, "/things/{param}", s.Match("GET", "/things/zoetrope").Pattern)
	for range 3 {
		s.Observe("GET", "/things/zoetrope", "/things/zoetrope")
	}
	assert.Equal(t, "/things/zoetrope", s.Match("GET", "/things/zoetrope").Pattern, "a value that is a literal")
}

func TestPlacesThatChangeAClass(t *testing.T) {
	for path, want := range map[string]string{
		"/api/0/projects":            "/api/0/projects",
		"/users/7":                   "/users/{int}",
		"/releases/v2.29.3-alpha":    "/releases/{param}",
		"/zones/example.com":         "/zones/{hostname}",
		"/apis/networking.k8s.io/v1": "/apis/networking.k8s.io/v1",
		"/videos/video_7/remix":      "/videos/{param}/remix",
		"/projects/zoetrope:cancel":  "/projects/{param}:cancel",
		"/images:annotate":           "/images:annotate",
	} {
		assert.Equal(t, want, learned(t, path), path)
	}
}

func TestTemplatesByMethodHostAndType(t *testing.T) {
	s := newTable(t, Options{Templates: []string{
		"api.example.com/v/{x}", "GET /m/{a}", "POST /m/{b}", "/t/{f:float}", "/t/{b:bool}", "/t/{any}",
		`/p/{y:\d+}-{m:\d+}-{rest}`, "/q/<any(up,down):dir>", "/w/{name=shelves/*/books/*}", "/z/{path:path}",
	}}).Service("a")
	for path, want := range map[string]string{
		"https://user@api.example.com:8443/v/1": "/v/{x}",
		"/v/1":                                  "/v/{x}",
		"/t/1.5":                                "/t/{f}",
		"/t/TRUE":                               "/t/{b}",
		"/t/x":                                  "/t/{any}",
		"/p/2024-1-2-3":                         "/p/{y}-{m}-{rest}",
		"/q/up":                                 "/q/{dir}",
		"/w/shelves/1/books/2":                  "/w/shelves/{shelve}/books/{book}",
		"/z/a/b":                                "/z/{path...}",
	} {
		assert.Equal(t, Result{want, SourceTemplate}, s.Match("", path), path)
	}
	assert.Equal(t, "/m/{a}", s.Match("GET", "/m/1").Pattern)
	assert.Equal(t, "/m/{b}", s.Match("POST", "/m/1").Pattern)
	for _, path := range []string{"https://other.example.com/v/1", "/p/2024-x-3", "/q/left", "/z"} {
		assert.NotEqual(t, SourceTemplate, s.Match("", path).Source, path)
	}
}

func TestSourceWords(t *testing.T) {
	var all []string
	for s := SourceNone; s <= SourceOverflow; s++ {
		all = append(all, s.String())
		assert.Equal(t, s == SourceFramework || s == SourceTemplate, s.Authoritative())
	}
	assert.Equal(t, []string{"none", "framework", "template", "learned", "inferred", "overflow"}, all)
	assert.Equal(t, "unknown", Source(99).String())
}

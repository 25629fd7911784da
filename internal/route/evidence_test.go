// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// names are things people give names to; no API uses them as endpoints.
var names = strings.Fields("falcon orbitz silvra emberly harbinger quartzy deltaic pixely nimbusy atlasian beaconry cobalty drifty fablet garnety hazely indigoy juniperly kestrely lumenic")

// learned sends the paths and returns the pattern of the last.
func learned(t *testing.T, paths ...string) string {
	t.Helper()
	s := newTable(t, Options{Learn: true}).Service("a")
	var r Result
	for _, p := range paths {
		r = s.get(p)
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
		if i >= 16 {
			paths = append(paths, "/images/prune")
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
		s.get(p)
	}
	assert.Equal(t, "/{param}/billing", s.get("/newcomerly/billing").Pattern)
	assert.Equal(t, "/health", s.get("/health").Pattern)
	assert.Equal(t, "/search", s.get("/search").Pattern)
}

func TestLeavesThatKeepComingAreValues(t *testing.T) {
	assert.Equal(t, "/parse/{param}", learned(t, append(each("/parse/NAME"), "/parse/newcomerly")...))
}

func TestNamesOfRemoteProceduresStay(t *testing.T) {
	s := newTable(t, Options{Learn: true}).Service("a")
	for i := range 100 {
		path := fmt.Sprintf("/api/chat.%sMessage", words(i))
		assert.Equal(t, path, s.ask("POST", path).Pattern)
	}
	assert.Equal(t, "/twirp/users.api.v1.UserService/Update", s.ask("POST", "/twirp/users.api.v1.UserService/Update").Pattern)
}

func TestAFrameworkUndoesAWrongGuess(t *testing.T) {
	s := newTable(t, Options{Learn: true}).Service("a")
	assert.Equal(t, "/report/zoetrope", s.get("/report/zoetrope").Pattern)
	s.sent("/report/{kind}", "/report/zoetrope")
	assert.Equal(t, "/report/{kind}", s.get("/report/zoetrope").Pattern, "a literal that is a value")

	assert.Equal(t, "/things/{param}", s.get("/things/zoetrope").Pattern)
	for range 3 {
		s.sent("/things/zoetrope", "/things/zoetrope")
	}
	assert.Equal(t, "/things/zoetrope", s.get("/things/zoetrope").Pattern, "a value that is a literal")
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
		assert.Equal(t, Result{want, SourceTemplate}, s.ask("", path), path)
	}
	assert.Equal(t, "/m/{a}", s.get("/m/1").Pattern)
	assert.Equal(t, "/m/{b}", s.ask("POST", "/m/1").Pattern)
	for _, path := range []string{"https://other.example.com/v/1", "/p/2024-x-3", "/q/left", "/z"} {
		assert.NotEqual(t, SourceTemplate, s.ask("", path).Source, path)
	}
}

func TestSourceWords(t *testing.T) {
	var all []string
	for s := SourceNone; s <= SourceUnmatched; s++ {
		all = append(all, s.String())
		assert.Equal(t, s == SourceFramework || s == SourceTemplate, s.Authoritative())
	}
	assert.Equal(t, []string{"none", "framework", "template", "learned", "inferred", "overflow", "unmatched"}, all)
	assert.Equal(t, "unknown", Source(99).String())
}

// TestARequestIsEvidenceOnce: it comes as a span and, later, as a log or two.
func TestARequestIsEvidenceOnce(t *testing.T) {
	for _, format := range []string{"/parse/%s", "/NAMEs/x/%s", "/2024/05/%s", "/%s/billing"} {
		for items := 1; items <= 3; items++ {
			s := newTable(t, Options{Learn: true}).Service("a")
			for _, p := range []string{"/health", "/login", "/metrics", "/about"} {
				for range 20 {
					s.get(p)
				}
			}
			seen := map[string]bool{}
			for at := 0; at < 1500; at += 50 {
				for range items {
					for i := at; i < at+50; i++ {
						slug := "the-" + words(i*7919) + "-" + words(i)
						seen[s.Match(Request{Path: fmt.Sprintf(format, slug), Trace: uint64(i + 1)}).Pattern] = true
					}
				}
			}
			assert.LessOrEqual(t, len(seen), 20, "%s as %d items", format, items)
		}
	}
}

// TestValuesThatComeForAWhile: each comes some ten times among its neighbours, and
// never again.
func TestValuesThatComeForAWhile(t *testing.T) {
	for _, format := range []string{"/parse/%s", "/2024/05/%s", "/%s", "/%s/billing"} {
		for _, times := range []int{2, 5, 10, 20} {
			s := newTable(t, Options{Learn: true}).Service("a")
			random := rand.New(rand.NewPCG(1, 2))
			count := 0
			for i := range 10_000 {
				n := i/times + random.IntN(200/times)
				r := s.get(fmt.Sprintf(format, "the-"+words(n*7919)+"-"+words(n)))
				if i >= 5000 && !strings.Contains(r.Pattern, "{param}") {
					count++
				}
			}
			assert.Zero(t, count, "%s %d times", format, times)
		}
	}
}

// TestValuesThatComeAgainTeachAsMuch: a place learns as much from names that come many
// times each, as spans and logs, as from names that come once.
func TestValuesThatComeAgainTeachAsMuch(t *testing.T) {
	for _, times := range []int{1, 5, 20} {
		for items := 1; items <= 2; items++ {
			s := newTable(t, Options{Learn: true}).Service("a")
			random := rand.New(rand.NewPCG(1, 2))
			for i := range 40 * times {
				name := words((i/times + random.IntN(8)) * 7919)
				for range items {
					s.Match(Request{Path: "/watchers/" + name + "x/changes", Trace: uint64(i + 1)})
				}
			}
			assert.Equal(t, "/watchers/{param}", s.get("/watchers/resolve").Pattern, "%d times as %d items", times, items)
		}
	}
}

// TestAnUnluckyStartHeals: the first values came again and again.
func TestAnUnluckyStartHeals(t *testing.T) {
	s := newTable(t, Options{Learn: true}).Service("a")
	for range 50 {
		for i := range 30 {
			s.get("/parse/the-" + words(i) + "-first")
		}
	}
	seen := map[string]bool{}
	for i := range 1000 {
		seen[s.get("/parse/the-"+words(i*7919)+"-other").Pattern] = true
	}
	assert.LessOrEqual(t, len(seen), 60)
}

// TestEndpointsThatComeAllTheTimeStay: however odd their names, and though one
// is added now and then.
func TestEndpointsThatComeAllTheTimeStay(t *testing.T) {
	s := newTable(t, Options{Learn: true}).Service("a")
	random := rand.New(rand.NewPCG(1, 2))
	last := map[string]string{}
	for i := range 20_000 {
		path := "/parse/" + names[random.IntN(6+i/1500)] + "-x"
		last[path] = s.get(path).Pattern
	}
	assert.Len(t, last, 19)
	for path, pattern := range last {
		assert.Equal(t, path, pattern)
	}
}

// scanner makes the paths that strangers ask for.
func scanner(i int) string {
	odd := "xq" + words(i*7919)
	return []string{
		"/" + odd, "/" + odd + ".php", "/." + odd, "/wp-" + odd + "/admin.php", "/admin/" + odd, "/" + odd + "/login", "/api/" + odd,
		"/api/v1/users/x/" + odd, "/users/" + words(i) + ".bak", "/" + odd + "/" + odd + "/" + odd, "/cgi-bin/" + odd + ".cgi", "/" + strings.Repeat(odd, 40),
	}[i%12]
}

// knownShop asks for the routes of a service that answers.
func knownShop(s *Service, i int) map[string]string {
	got := map[string]string{}
	for _, path := range []string{
		"/health", "/falcon/metrics", "/zoetrope", "/api/v1/repositories", fmt.Sprint("/api/v1/repositories/", i), "/api/v1/search",
		fmt.Sprintf("/v2/orders/%d/items", i), "/v2/orders", "/static/app.js", "/static/logo.png",
	} {
		got[strings.ReplaceAll(path, fmt.Sprint("/", i), "/N")] = s.Match(Request{Path: path, Status: 200, Trace: uint64(i + 1)}).Pattern
	}
	return got
}

func TestStrangersNeitherRenameNorFillTheTable(t *testing.T) {
	for _, status := range []int{404, 405} {
		s := newTable(t, Options{Learn: true}).Service("a")
		var before map[string]string
		for i := range 100 {
			before = knownShop(s, i)
		}
		patterns := s.Patterns()
		var seen []string
		for i := range 4000 {
			r := s.Match(Request{Path: scanner(i), Status: status, Trace: uint64(i + 1)})
			if !slices.Contains(seen, r.Pattern) {
				seen = append(seen, r.Pattern)
			}
			if i%100 == 0 {
				require.Equal(t, before, knownShop(s, i+1000))
			}
		}
		assert.LessOrEqual(t, s.Patterns(), patterns, "none takes a place")
		assert.LessOrEqual(t, len(seen), 3, seen)
		assert.Contains(t, seen, "/{path...}")
		assert.Equal(t, Result{"/{path...}", SourceUnmatched}, s.Match(Request{Path: "/nobody/knows", Status: status}))
		assert.Equal(t, Result{"/v2/orders/{int}/items", SourceInferred}, s.Match(Request{Path: "/v2/orders/99/items", Status: status}), "one that is known")
		assert.Equal(t, Result{"/v2/carts/{id}", SourceFramework}, s.Match(Request{Route: "/v2/carts/{id}", Path: "/v2/carts/7", Status: status}), "the framework knows it")
		assert.Zero(t, testing.AllocsPerRun(100, func() { s.Match(Request{Path: "/nobody/knows", Status: status}) }))
		for range 9 {
			r := s.Match(Request{Route: "/nobody/knows", Path: "/nobody/knows", Status: status})
			assert.Equal(t, SourceUnmatched, r.Source, "a raw path is no route")
		}
	}
}

// TestStrangersWhomNobodyTurnsAway: an application that answers whatever is asked,
// or an access log without a status.
func TestStrangersWhomNobodyTurnsAway(t *testing.T) {
	for _, count := range []int{8, 16, 24, 260, 4000} {
		for _, known := range []int{10, 100} {
			s := newTable(t, Options{Learn: true}).Service("a")
			var before map[string]string
			for i := range known {
				before = knownShop(s, i)
			}
			for i := range count {
				s.get(scanner(i))
			}
			assert.Equal(t, before, knownShop(s, 5000), "%d strangers after %d rounds", count, known)
		}
	}
}

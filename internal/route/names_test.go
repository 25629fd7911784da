// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// settledPatterns sends 600 requests and returns the patterns of the last 200.
func settledPatterns(t *testing.T, path func(r *rand.Rand, i int) string) []string {
	t.Helper()
	s := newTable(t, Options{Learn: true}).Service("a")
	random := rand.New(rand.NewPCG(3, 4))
	last := map[string]bool{}
	for i := range 600 {
		p := s.Match(Request{Path: path(random, i), Trace: uint64(i + 1), Status: 200}).Pattern
		if i >= 400 {
			last[p] = true
		}
	}
	return slices.Sorted(maps.Keys(last))
}

func slug(r *rand.Rand) string { return names[r.IntN(20)] + "-" + names[r.IntN(20)] }

// TestWhatPeopleNameBecomesFewPatterns: files, people, indices, identifiers.
func TestWhatPeopleNameBecomesFewPatterns(t *testing.T) {
	digest := func(r *rand.Rand) string {
		return fmt.Sprintf("%016x%016x%016x%016x", r.Uint64(), r.Uint64(), r.Uint64(), r.Uint64())
	}
	uuid := func(r *rand.Rand) string { return fmt.Sprintf("%08x-aaaa-4bbb-8ccc-%012x", r.Uint32(), r.Uint64()>>16) }
	for _, c := range []struct {
		what string
		path func(r *rand.Rand, i int) string
		want []string
	}{
		{"files behind ids", func(r *rand.Rand, _ int) string { return "/media/" + uuid(r) + "/" + slug(r) + ".png" }, []string{"/media/{uuid}/{param}.png"}},
		{"files of few kinds", func(r *rand.Rand, i int) string { return "/files/" + slug(r) + []string{".pdf", ".docx"}[i%2] }, []string{"/files/{param}.docx", "/files/{param}.pdf"}},
		{"people", func(r *rand.Rand, _ int) string { return "/@" + slug(r) }, []string{"/{param}"}},
		{"their pages", func(r *rand.Rand, i int) string { return "/@" + slug(r) + []string{"", "/followers"}[i%2] }, []string{"/{param}", "/{param}/followers"}},
		{"homes", func(r *rand.Rand, _ int) string { return "/sites/~" + names[r.IntN(20)] + words(r.IntN(99)) }, []string{"/sites/{param}"}},
		{"dated indices", func(r *rand.Rand, i int) string {
			return fmt.Sprintf("/%s-2026.%02d.%02d/_search", names[i%3], 1+r.IntN(12), 1+r.IntN(28))
		}, []string{"/{param}/_search"}},
		{"wheels", func(r *rand.Rand, _ int) string {
			return fmt.Sprintf("/simple/whl/%s-%d.%d-py3-none-any.whl", slug(r), r.IntN(9), r.IntN(9))
		}, []string{"/simple/whl/{param}.whl"}},
		{"telephone numbers", func(r *rand.Rand, _ int) string { return fmt.Sprintf("/v1/lookup/+49%d", 1e8+r.IntN(1e8)) }, []string{"/v1/lookup/{param}"}},
		{"addresses of people", func(r *rand.Rand, _ int) string { return "/v1/lookup/" + slug(r) + "@example.md" }, []string{"/v1/lookup/{email}"}},
		{"digests", func(r *rand.Rand, _ int) string { return "/v2/app/blobs/sha256:" + digest(r) }, []string{"/v2/app/blobs/{param}"}},
		{"digests beside uploads", func(r *rand.Rand, i int) string {
			return []string{"/v2/app/blobs/uploads/", "/v2/app/blobs/uploads/" + uuid(r), "/v2/app/blobs/sha256:" + digest(r)}[i%3]
		}, []string{"/v2/app/blobs/uploads", "/v2/app/blobs/uploads/{uuid}", "/v2/app/blobs/{param}"}},
		{"addresses of devices", func(r *rand.Rand, _ int) string {
			return fmt.Sprintf("/device/AA:BB:CC:%02X:%02X:F4", r.IntN(256), r.IntN(256))
		}, []string{"/device/{param}"}},
		{"urns", func(r *rand.Rand, _ int) string { return "/entity/urn:ngsi-ld:Device:" + slug(r) }, []string{"/entity/{param}"}},
		{"images with tags", func(r *rand.Rand, _ int) string { return "/image/" + names[r.IntN(20)] + ":" + names[r.IntN(20)] }, []string{"/image/{param}"}},
		{"random ids, some without a digit", func(r *rand.Rand, _ int) string {
			id := make([]byte, 18)
			for k := range id {
				id[k] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"[r.IntN(62)]
			}
			return "/p/message/" + string(id)
		}, []string{"/p/message/{param}"}},
		{"procedures beside names", func(r *rand.Rand, i int) string {
			return "/tools/" + []string{slug(r), slug(r), slug(r), slug(r), "ConvertFurlongs", slug(r), slug(r), "calculateKurtosis"}[i%8]
		}, []string{"/tools/ConvertFurlongs", "/tools/calculateKurtosis", "/tools/{param}"}},
		{"pages of a site beside its users'", func(r *rand.Rand, i int) string {
			if i%20 > 1 {
				return "/" + slug(r) + "/" + slug(r) + []string{"", "/commits/" + uuid(r)}[i%2]
			}
			return []string{"/community/guidelines", "/wiki/special"}[i%20]
		}, []string{"/community/guidelines", "/wiki/special", "/{param}/{param2}", "/{param}/{param2}/commits/{uuid}"}},
		{"verbs", func(r *rand.Rand, i int) string {
			return fmt.Sprintf("/v1/jobs/%s:%s", slug(r), []string{"cancel", "getIamPolicy", "setIamPolicy", "undelete", "testIamPermissions"}[i%5])
		}, []string{"/v1/jobs/{param}:cancel", "/v1/jobs/{param}:getIamPolicy", "/v1/jobs/{param}:setIamPolicy", "/v1/jobs/{param}:testIamPermissions", "/v1/jobs/{param}:undelete"}},
		{"keys", func(r *rand.Rand, i int) string {
			return []string{"/odata/Products", fmt.Sprintf("/odata/Products(%d)", r.IntN(999)), "/odata/Customers('" + strings.ToUpper(names[r.IntN(20)]) + "')/Orders"}[i%3]
		}, []string{"/odata/Customers({param})/Orders", "/odata/Products", "/odata/Products({int})"}},
		{"partitions", func(r *rand.Rand, i int) string {
			return fmt.Sprintf("/lake/events/dt=2026-%02d-%02d/hour=%d/part-%d.parquet", 1+i%12, 1+i%28, i%24, r.IntN(1e6))
		}, []string{"/lake/events/dt={date}/hour={int}/{param}.parquet"}},
		{"named keys", func(r *rand.Rand, i int) string {
			return []string{fmt.Sprintf("/p/orders/order-number=%d", r.IntN(1e6)), "/p/orders/" + uuid(r), "/p/carts/key=" + slug(r)}[i%3]
		}, []string{"/p/carts/key={param}", "/p/orders/order-number={int}", "/p/orders/{uuid}"}},
		{"sessions", func(r *rand.Rand, i int) string { return []string{"/", "/shop/"}[i%2] + ";jsessionid=" + digest(r) }, []string{"/", "/shop"}},
		{"sizes", func(r *rand.Rand, _ int) string { return fmt.Sprintf("/avatar/%dx%d", r.IntN(900), r.IntN(900)) }, []string{"/avatar/{param}"}},
	} {
		t.Run(c.what, func(t *testing.T) { assert.Equal(t, c.want, settledPatterns(t, c.path)) })
	}
}

func TestRepositoriesBesideEndpoints(t *testing.T) {
	got := settledPatterns(t, func(r *rand.Rand, i int) string {
		repo := "/" + slug(r) + "/" + slug(r) + ".git"
		return []string{"/api/v4/version", "/user/login", "/explore/projects", repo + "/info/refs", repo + "/git-upload-pack"}[i%5]
	})
	assert.Subset(t, got, []string{"/api/v4/version", "/explore/projects", "/user/login", "/{param}/{param2}.git/git-upload-pack", "/{param}/{param2}.git/info/refs"})
	assert.LessOrEqual(t, len(got), 8)
}

func TestKeysInParenthesesAsTemplatesAndParameters(t *testing.T) {
	table := newTable(t, Options{Learn: true})
	s := table.Service("a")
	assert.Equal(t, Result{"/odata/Products({key})", SourceFramework}, s.sent("odata/Products({key})", "/odata/Products(7)"))
	assert.Equal(t, Result{"/odata/Products({key})", SourceLearned}, s.get("/odata/Products(8)"))
	assert.Equal(t, "/odata/Productsummary", s.get("/odata/Productsummary").Pattern)

	path := "/odata/Orders(17)/Details"
	pattern := s.get(path).Pattern
	assert.Equal(t, "/odata/Orders({int})/Details", pattern)
	got := map[string]string{}
	s.Parameters(pattern, path, func(name, value string) bool {
		got[name] = value
		return true
	})
	assert.Equal(t, map[string]string{"int": "17"}, got)

	var b strings.Builder
	require.NoError(t, table.WriteYAML(&b))
	declared := newTable(t, Options{Templates: []string{`/odata/Orders\({int}\)/Details`}}).Service("a")
	assert.Contains(t, b.String(), `Orders\\({int}\\)/Details`)
	assert.Equal(t, SourceTemplate, declared.get(path).Source)
	for range 300 {
		s.get(path)
	}
	assert.Zero(t, testing.AllocsPerRun(100, func() { s.get(path) }))
}

// patternsOf sends each path so many times, as items of one trace, and returns the
// patterns of the last third.
func patternsOf(s *Service, items int, paths []string) []string {
	last := map[string]bool{}
	for i, path := range paths {
		for range items {
			p := s.Match(Request{Path: path, Trace: uint64(i + 1), Status: 200}).Pattern
			if i >= 2*len(paths)/3 {
				last[p] = true
			}
		}
	}
	return slices.Sorted(maps.Keys(last))
}

// TestABlogWithPermalinks: its pages by year, month and title, as spans alone and
// with an access log.
func TestABlogWithPermalinks(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pages := []string{"/", "/about", "/feed.xml", "/archive", "/static/app.css", "/search"}
	posts := make([]string, 800)
	for i := range posts {
		posts[i] = fmt.Sprintf("/%d/%02d/%s-the-%s-%s", 2018+i%8, 1+i%12, names[random.IntN(20)], names[random.IntN(20)], words(i))
	}
	var paths []string
	for range 500 {
		paths = append(paths, pages[random.IntN(len(pages))], posts[random.IntN(800)], posts[min(random.IntN(800), random.IntN(800))])
	}
	want := []string{"/", "/about", "/archive", "/feed.xml", "/search", "/static/app.css", "/{int}/{int2}/{param}"}
	for items := 1; items <= 2; items++ {
		s := newTable(t, Options{Learn: true}).Service("blog")
		assert.Equal(t, want, patternsOf(s, items, paths))
		assert.LessOrEqual(t, s.Patterns(), 20)
	}
}

// TestARegistryOfImages: pulls and pushes, of images with one name or two.
func TestARegistryOfImages(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	digest := func() string {
		return fmt.Sprintf("sha256:%016x%016x%016x%016x", random.Uint64(), random.Uint64(), random.Uint64(), random.Uint64())
	}
	var paths []string
	for range 500 {
		image := fmt.Sprint(names[random.IntN(20)], words(min(random.IntN(40), random.IntN(40))))
		if random.IntN(2) > 0 {
			image = "library/" + image
		}
		prefix := "/v2/" + image
		paths = append(paths, "/v2/", prefix+"/manifests/1."+fmt.Sprint(random.IntN(30)), prefix+"/manifests/"+digest(), prefix+"/blobs/"+digest(), prefix+"/blobs/uploads/", prefix+"/tags/list")
	}
	want := []string{
		"/v2", "/v2/library/{param}/blobs/uploads", "/v2/library/{param}/blobs/{param2}", "/v2/library/{param}/manifests/{param2}", "/v2/library/{param}/tags/list",
		"/v2/{param}/blobs/uploads", "/v2/{param}/blobs/{param2}", "/v2/{param}/manifests/{param2}", "/v2/{param}/tags/list",
	}
	for items := 1; items <= 2; items++ {
		s := newTable(t, Options{Learn: true}).Service("registry")
		assert.Equal(t, want, patternsOf(s, items, paths))
		assert.LessOrEqual(t, s.Patterns(), 40)
	}
}

// TestNamesThatBeginAlike: titles do, and endpoints do; titles are longer.
func TestNamesThatBeginAlike(t *testing.T) {
	for name, tt := range map[string]struct {
		format string
		values bool
	}{
		"titles":               {"/site/my-%s-post", true},
		"titles below a value": {"/7/how-to-%s", true},
		"titles at the root":   {"/why-we-%s-it", true},
		"endpoints":            {"/console/user-%s", false},
		"long endpoints":       {"/console/frontend_%s_per_second", false},
	} {
		s := newTable(t, Options{Learn: true}).Service("a")
		found := map[string]bool{}
		for round := range 12 {
			for i := range 4 {
				found[s.get(fmt.Sprintf(tt.format, words((4*round+i)%14*7919))).Pattern] = round == 11
			}
		}
		left := 0
		for _, now := range found {
			if now {
				left++
			}
		}
		if tt.values {
			assert.LessOrEqual(t, left, 2, "%s: %v", name, found)
		} else {
			assert.Greater(t, left, 2, "%s: %v", name, found)
		}
	}
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package template

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// normalForms lists a text of each syntax beside its normal forms.
var normalForms = []struct {
	router, text string
	want         []string
}{
	{"gin", "/users/:id", []string{"/users/{id}"}},
	{"gin", "/files/*rest", []string{"/files/{rest...}"}},
	{"echo", "/static/*", []string{"/static/{path...}"}},
	{"fiber", "/a/:id<int;min(1)>", []string{"/a/{id}"}},
	{"fiber", "/flights/:from-:to", []string{"/flights/{from}-{to}"}},
	{"fiber", "/posts/:id?", []string{"/posts/{id}", "/posts"}},
	{"fiber", "/raw/+", []string{"/raw/{path...}"}},
	{"chi", "/articles/{id:[0-9]+}", []string{"/articles/{id}"}},
	{"chi", "/files/{name}.json", []string{"/files/{name}.json"}},
	{"gorilla", "/p/{rest:.*}", []string{"/p/{rest...}"}},
	{"net/http", "GET example.com/b/{bucket}/o/{object...}", []string{"/b/{bucket}/o/{object...}"}},
	{"net/http", "/exact/{$}", []string{"/exact/"}},
	{"express 4", `/u/:id(\d+)`, []string{"/u/{id}"}},
	{"express 5", "/users{/:id}/delete", []string{"/users/{id}/delete", "/users/delete"}},
	{"express 5", "/files/*splat", []string{"/files/{splat...}"}},
	{"fastify", `/e/:file(^\d+).png`, []string{"/e/{file}.png"}},
	{"fastify", "/a::b", []string{"/a:b"}},
	{"spring", "/r/{*path}", []string{"/r/{path...}"}},
	{"spring", `/d/{id:\d+}`, []string{"/d/{id}"}},
	{"asp.net", "/p/{id:int:min(1)}", []string{"/p/{id}"}},
	{"asp.net", "/p/{id:int = 5}", []string{"/p/{id}", "/p"}},
	{"asp.net", "/{controller=Home}/{action=Index}", []string{"/{controller}/{action}", "/{controller}", "/"}},
	{"rails", "/:controller(/:action(/:id))", []string{"/{controller}/{action}/{id}", "/{controller}/{action}", "/{controller}"}},
	{"spring", "/resources/*.png", []string{"/resources/{param}.png"}},
	{"flask", `/<regex("[a-c]{4}"):uid>-<slug>`, []string{"/{uid}-{slug}"}},
	{"fiber", `/v1/name\:customVerb`, []string{"/v1/name:customVerb"}},
	{"asp.net", "/p/{id?}", []string{"/p/{id}", "/p"}},
	{"asp.net", "/{**slug}", []string{"/{slug...}"}},
	{"asp.net", "/[controller]/list", []string{"/{controller}/list"}},
	{"rails", "/photos/:id(.:format)", []string{"/photos/{id}.{format}", "/photos/{id}"}},
	{"rails", "/books/*section/:title", []string{"/books/{section...}/{title}"}},
	{"flask", "/post/<int:post_id>", []string{"/post/{post_id}"}},
	{"flask", "/f/<path:p>", []string{"/f/{p...}"}},
	{"flask", "/<any(about,help):page>", []string{"/{page}"}},
	{"fastapi", "/files/{file_path:path}", []string{"/files/{file_path...}"}},
	{"django", "articles/<int:year>/<slug:s>/", []string{"/articles/{year}/{s}/"}},
	{"django", `^articles/(?P<year>[0-9]{4})/$`, []string{"/articles/{year}/"}},
	{"grpc", "/v1/{name=shelves/*/books/*}:cancel", []string{"/v1/shelves/{shelve}/books/{book}:cancel"}},
	{"grpc", "/v1/{name=projects/*}", []string{"/v1/projects/{name}"}},
	{"openapi", "/tables/{id}/records:batch", []string{"/tables/{id}/records:batch"}},
	{"openapi", "/compare/{base}...{head}", []string{"/compare/{base}...{head}"}},
	{"next", "/blog/[slug]", []string{"/blog/{slug}"}},
	{"next", "/docs/[[...slug]]", []string{"/docs/{slug...}"}},
	{"odata", "odata/Products({key})", []string{"/odata/Products({key})"}},
	{"odata", "/odata/Customers({key})/Default.Rate(score={n})", []string{"/odata/Customers({key})/Default.Rate(score={n})"}},
	{"next", "/(group)/page", []string{"/(group)/page"}},
	{"rails", "/(:locale)/posts(/:id)", []string{"/{locale}/posts/{id}", "/posts/{id}", "/{locale}/posts", "/posts"}},
	{"laravel", "/user/{name?}", []string{"/user/{name}", "/user"}},
	{"root", "/", []string{"/"}},
}

func TestParseTemplateNormalForm(t *testing.T) {
	for _, c := range normalForms {
		t.Run(c.router+" "+c.text, func(t *testing.T) {
			templates, err := Parse(c.text)
			require.NoError(t, err)
			var got []string
			for _, template := range templates {
				got = append(got, template.Pattern())
			}
			assert.Equal(t, c.want, got)
		})
	}
}

func TestParseTemplateRefusesWithThePlace(t *testing.T) {
	for text, want := range map[string]string{
		"":                               "at offset 0: empty path",
		"/a/{b":                          "at offset 3: { is not closed",
		"/a/b}":                          "at offset 4: \"}\" without its opening counterpart",
		"/a/{x}/{x}":                     "at offset 7: parameter \"x\" is named twice",
		"/a/{x}{y}":                      "at offset 6: parameter \"y\" follows another without text between",
		"/a?b=c":                         "at offset 2: \"?\" does not belong in a path",
		"GET /a/{x:[}":                   "at offset 10: constraint of parameter \"x\"",
		"/a/{x:(}":                       "constraint of parameter \"x\"",
		"/*a/*b":                         "at offset 4: second tail parameter",
		"/:sign:param":                   "at offset 6: parameter follows another",
		"/a/b(/:c":                       "at offset 4: optional part is not closed",
		"/a/{$}/b":                       "at offset 3: {$} must come last",
		`^a/[0-9]+`:                      "at offset 3: \"[\" outside a named group",
		"/x{a...}":                       "at offset 2: a tail parameter must be a whole segment",
		"/a/{in\xf4}/B":                  "at offset 6: invalid UTF-8",
		"/{a?}/{b?}/{c?}/{d?}/{e?}/{f?}": "too many optional parts",
	} {
		_, err := Parse(text)
		require.Error(t, err, text)
		assert.ErrorContains(t, err, want, text)
	}
}

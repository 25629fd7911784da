// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package openapi

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/internal/route"
)

const openapi3YAML = `
openapi: 3.0.3
info: {title: shop, version: "1"}
servers:
  - url: https://api.example.com/{stage}/
    variables: {stage: {default: v1}}
  - url: /internal
paths:
  /carts/{cart-id}:
    get: {responses: {"200": {description: ok}}}
  /carts/{id}/items:batch:
    servers: [{url: "https://other.example.com"}]
    post: {responses: {"200": {description: ok}}}
`

const swagger2JSON = `{
  "swagger": "2.0", "info": {"title": "t", "version": "1"}, "basePath": "/v2",
  "paths": {
    "/pets/{petId}": {"get": {"responses": {"200": {"description": "ok"}}}},
    "/pets/*all": {"get": {"responses": {"200": {"description": "ok"}}}}
  }
}`

func write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

func TestTemplatesCarryTheBasePathsOfTheServers(t *testing.T) {
	got, err := Templates(write(t, "shop.yaml", openapi3YAML))
	require.NoError(t, err)
	assert.Equal(t, []string{"/v1/carts/{cart-id}", "/internal/carts/{cart-id}", `/carts/{id}/items\:batch`}, got)

	got, err = Templates(write(t, "pets.json", swagger2JSON))
	require.NoError(t, err)
	assert.Equal(t, []string{`/v2/pets/\*all`, "/v2/pets/{petId}"}, got)
}

func TestTemplatesMatch(t *testing.T) {
	templates, err := Templates(write(t, "shop.yaml", openapi3YAML))
	require.NoError(t, err)
	table, err := route.New(route.Options{Templates: templates, MaxRoutes: 10, MaxServices: 1})
	require.NoError(t, err)
	s := table.Service("shop")
	assert.Equal(t, "/v1/carts/{cart-id}", s.Match(route.Request{Method: "GET", Path: "/v1/carts/7"}).Pattern)
	assert.Equal(t, "/carts/{id}/items:batch", s.Match(route.Request{Method: "POST", Path: "/carts/7/items:batch"}).Pattern)
}

func TestTemplatesRefusesWithFileAndLine(t *testing.T) {
	_, err := Templates("missing.yaml")
	require.ErrorContains(t, err, "missing.yaml")

	for text, want := range map[string]string{
		"openapi: 3.0.0\ninfo: [": "line",
		"{}":                      "neither",
		"openapi: 3.0.0\ninfo: {title: t, version: v}\npaths: {}":                                              "no paths",
		"openapi: 3.0.0\ninfo: {title: t, version: v}\npaths:\n  /a/{b: {get: {responses: {}}}":                "line",
		"swagger: '2.0'\ninfo: {title: t, version: v}\npaths:\n  '/a/{b': {}":                                  "line 4: path \"/a/{b\": { is not closed",
		"openapi: 3.0.0\ninfo: {title: t, version: v}\npaths:\n  /a:\n    $ref: https://example.com/x.yaml#/p": "only files are read",
	} {
		_, err := Templates(write(t, "broken.yaml", text))
		require.ErrorContains(t, err, "broken.yaml")
		assert.ErrorContains(t, err, want, text)
	}
}

const withRef = `openapi: 3.0.0
info: {title: t, version: v, description: "/a is a path"}
servers: [{url: /v1}]
paths:
  /a:
    $ref: %q
  /b: {get: {responses: {}}}
`

// A path that stands elsewhere has the servers that it has there.
func TestPathsInOtherFilesBelowTheFolder(t *testing.T) {
	dir := t.TempDir()
	put := func(name, text string) string {
		file := filepath.Join(dir, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o700))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		return file
	}
	put("paths/a.yaml", "servers: [{url: /own}]\nget: {}\n")
	put("paths/more.yaml", "x/y: {$ref: 'a.yaml'}\nagain: {$ref: '#/x~1y'}\n")
	for ref, want := range map[string]string{
		"paths/a.yaml":            "/own/a",
		"./paths/../paths/a.yaml": "/own/a",
		"paths/more.yaml#/x~1y":   "/own/a",
		"paths/more.yaml#/again":  "/own/a",
		"#/paths/~1b":             "/v1/a",
	} {
		got, err := Templates(put("main.yaml", fmt.Sprintf(withRef, ref)))
		require.NoError(t, err, ref)
		assert.Equal(t, []string{want, "/v1/b"}, got, ref)
	}
	// A file that is mounted by symbolic links lies where it really is.
	link := filepath.Join(t.TempDir(), "link.yaml")
	put("main.yaml", fmt.Sprintf(withRef, "paths/a.yaml"))
	require.NoError(t, os.Symlink(filepath.Join(dir, "main.yaml"), link))
	got, err := Templates(link)
	require.NoError(t, err)
	assert.Equal(t, []string{"/own/a", "/v1/b"}, got)
}

// What is outside of the folder, or is no file to read, is refused, and not opened: a
// pipe would never end.
func TestReferencesThatAreRefused(t *testing.T) {
	dir, outside := t.TempDir(), write(t, "outside.yaml", "servers: [{url: /stolen}]")
	put := func(name, text string) string {
		file := filepath.Join(dir, name)
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
		return file
	}
	require.NoError(t, os.Symlink(outside, filepath.Join(dir, "out.yaml")))
	require.NoError(t, os.Symlink(filepath.Dir(outside), filepath.Join(dir, "folder")))
	require.NoError(t, os.Symlink("/dev/zero", filepath.Join(dir, "zero.yaml")))
	require.NoError(t, syscall.Mkfifo(filepath.Join(dir, "pipe.yaml"), 0o600))
	put("loop.yaml", "a: {$ref: '#/b'}\nb: {$ref: 'loop.yaml#/a'}\n")
	put("list.yaml", "[1, 2]\n")
	put("broken.yaml", "a: [\n")
	put("big.yaml", "")
	require.NoError(t, os.Truncate(filepath.Join(dir, "big.yaml"), maxFileBytes+1))
	const below = "only files below the folder of the description are read"
	for ref, want := range map[string]string{
		"/etc/passwd":                below,
		"/dev/zero":                  below,
		outside:                      below,
		"../outside.yaml":            below,
		"a/../../outside.yaml":       below,
		"%2e%2e/outside.yaml":        below,
		"out.yaml":                   "path escapes from parent",
		"folder/outside.yaml":        "path escapes from parent",
		"zero.yaml":                  "path escapes from parent",
		"https://example.com/a.yaml": "only files are read",
		"//example.com/a.yaml":       "only files are read",
		"file:///etc/passwd":         "only files are read",
		"pipe.yaml":                  "not a regular file",
		".":                          "not a regular file",
		"big.yaml":                   "at most 16777216 are read",
		"loop.yaml#/a":               "or it refers to itself",
		"#/paths/~1a":                "or it refers to itself",
		"list.yaml":                  "it is no path",
		"broken.yaml":                "line",
		"missing.yaml":               "no such file",
		"#/components/pathItems/x":   "there is no \"components\"",
		":":                          "missing protocol scheme",
	} {
		file := put("main.yaml", fmt.Sprintf(withRef, ref))
		_, err := Templates(file)
		require.ErrorContains(t, err, want, ref)
		assert.ErrorContains(t, err, file+": line 5: path \"/a\"", ref)
	}
}

// References that say nothing of the paths are not followed, wherever they lead.
func TestOtherReferencesAreNotFollowed(t *testing.T) {
	got, err := Templates(write(t, "shop.yaml", `openapi: 3.1.0
info: {title: t, version: v}
paths:
  /a:
    parameters: [{$ref: /dev/zero}]
    get:
      responses: {"200": {$ref: "http://localhost:1/r.yaml"}, default: {content: {a/b: {schema: {$ref: "../s.yaml"}, examples: {x: {$ref: /etc/passwd}}}}}}
  x-more: {$ref: /dev/zero}
components: {schemas: {A: {$ref: /etc/passwd}}}
`))
	require.NoError(t, err)
	assert.Equal(t, []string{"/a"}, got)
	got, err = Templates(write(t, "old.yaml", "swagger: '2.0'\nbasePath: /v2\npaths: {/a: {$ref: /etc/passwd}}\ndefinitions: {A: {$ref: /dev/zero}}\n"))
	require.NoError(t, err)
	assert.Equal(t, []string{"/v2/a"}, got)
}

// The file itself is one to read, too.
func TestFilesThatAreNoDescriptions(t *testing.T) {
	pipe := filepath.Join(t.TempDir(), "pipe.yaml")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	for file, want := range map[string]string{
		"/dev/zero": "not a regular file", pipe: "not a regular file", t.TempDir(): "not a regular file",
	} {
		_, err := Templates(file)
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, file)
	}
}

// Whatever is in a file, it is read or refused.
func FuzzTemplates(f *testing.F) {
	f.Add(openapi3YAML)
	f.Add(swagger2JSON)
	f.Add(fmt.Sprintf(withRef, "#/paths/~1b"))
	f.Fuzz(func(t *testing.T, text string) {
		templates, err := Templates(write(t, "a.yaml", text))
		if err == nil && len(templates) == 0 {
			t.Fatal("neither templates nor an error")
		}
	})
}

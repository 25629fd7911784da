// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package openapi

import (
	"os"
	"path/filepath"
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

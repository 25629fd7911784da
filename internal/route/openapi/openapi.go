// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package openapi reads the paths of OpenAPI 3 and Swagger 2 files as route
// templates. It stands beside package route so that route itself needs the
// standard library only.
package openapi

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi2"
	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oasdiff/yaml"

	"github.com/otelcol-correlation/correlationprocessor/internal/route/template"
)

// Templates returns the templates of a JSON or YAML file: each of its paths
// behind each base path of its servers. Hosts are left out, for inside a
// network they differ. The error names the file, and the line where it is known.
func Templates(file string) ([]string, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err // names the file
	}
	templates, err := parse(data, file)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return templates, nil
}

// parse tells the two formats apart by their version keys.
func parse(data []byte, file string) ([]string, error) {
	var version struct {
		OpenAPI string `json:"openapi"`
		Swagger string `json:"swagger"`
	}
	if _, err := yaml.Unmarshal(data, &version, yaml.DecodeOpts{}); err != nil {
		return nil, err
	}
	switch {
	case strings.HasPrefix(version.OpenAPI, "3."):
		return parse3(data, file)
	case strings.HasPrefix(version.Swagger, "2."):
		return parse2(data)
	}
	return nil, errors.New(`neither "openapi: 3.…" nor "swagger: 2.…" is in it`)
}

func parse2(data []byte) ([]string, error) {
	var doc openapi2.T
	if _, err := yaml.Unmarshal(data, &doc, yaml.DecodeOpts{}); err != nil {
		return nil, err
	}
	var out []string
	for _, path := range sortedKeys(doc.Paths) {
		t, err := join(doc.BasePath, path)
		if err != nil {
			return nil, fmt.Errorf("line %d: path %q: %w", lineOf(data, path), path, err)
		}
		out = append(out, t)
	}
	return orNone(out)
}

func parse3(data []byte, file string) ([]string, error) {
	loader := openapi3.NewLoader()
	loader.ReadFromURIFunc = readLocal
	doc, err := loader.LoadFromDataWithPath(data, &url.URL{Path: file})
	if err != nil {
		return nil, err
	}
	var out []string
	paths := doc.Paths.Map()
	for _, path := range sortedKeys(paths) {
		servers := doc.Servers
		if own := paths[path].Servers; len(own) > 0 {
			servers = own
		}
		bases, err := basePaths(servers)
		if err != nil {
			return nil, fmt.Errorf("line %d: path %q: %w", lineOf(data, path), path, err)
		}
		for _, base := range bases {
			t, err := join(base, path)
			if err != nil {
				return nil, fmt.Errorf("line %d: path %q: %w", lineOf(data, path), path, err)
			}
			out = append(out, t)
		}
	}
	return orNone(out)
}

// readLocal follows references to other files, never over the network.
func readLocal(_ *openapi3.Loader, uri *url.URL) ([]byte, error) {
	if uri.Scheme != "" && uri.Scheme != "file" {
		return nil, fmt.Errorf("reference to %s: only files are read", uri)
	}
	return os.ReadFile(uri.Path)
}

// basePaths returns the different base paths of the servers, variables at
// their defaults; no server means the root.
func basePaths(servers openapi3.Servers) ([]string, error) {
	var bases []string
	for _, s := range servers {
		base, err := s.BasePath()
		if err != nil {
			return nil, fmt.Errorf("server %q: %w", s.URL, err)
		}
		if !slices.Contains(bases, base) {
			bases = append(bases, base)
		}
	}
	if len(bases) == 0 {
		return []string{"/"}, nil
	}
	return bases, nil
}

// join joins base and path, and checks the result as a route template.
func join(base, path string) (string, error) {
	if !strings.HasPrefix(path, "/") {
		return "", errors.New("does not start with a slash")
	}
	if base = strings.Trim(base, "/"); base != "" {
		base = "/" + template.Escape(base)
	}
	path, _, _ = strings.Cut(path, "?")
	path, _, _ = strings.Cut(path, "#")
	text, err := escape(path)
	if err != nil {
		return "", err
	}
	if _, err := template.Parse(base + text); err != nil {
		return "", err
	}
	return base + text, nil
}

// escape keeps {name} and makes everything else literal text.
func escape(path string) (string, error) {
	var b strings.Builder
	for path != "" {
		literal, rest, found := strings.Cut(path, "{")
		b.WriteString(template.Escape(literal))
		if !found {
			break
		}
		name, after, closed := strings.Cut(rest, "}")
		if !closed {
			return "", errors.New("{ is not closed")
		}
		b.WriteString("{" + cleanName(name) + "}")
		path = after
	}
	return b.String(), nil
}

// cleanName takes out of a parameter's name what has a meaning in templates.
func cleanName(name string) string {
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(`{}/?#*<>[]():=+ `, r) {
			return '_'
		}
		return r
	}, name)
}

// lineOf returns the line, from 1, in which the path is a key, or 0.
func lineOf(data []byte, path string) int {
	before, _, found := bytes.Cut(data, []byte(path))
	if !found {
		return 0
	}
	return 1 + bytes.Count(before, []byte("\n"))
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}

func orNone(templates []string) ([]string, error) {
	if len(templates) == 0 {
		return nil, errors.New("no paths in it")
	}
	return templates, nil
}

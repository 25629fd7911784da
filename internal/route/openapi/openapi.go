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
	"maps"
	"slices"
	"strings"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/oasdiff/yaml"

	"github.com/otelcol-correlation/correlationprocessor/internal/route/template"
)

// Templates returns the templates of a JSON or YAML file: each of its paths
// behind each base path of its servers. Hosts are left out, for inside a
// network they differ. The error names the file, and the line where it is known.
//
// Only regular files of at most 16 MiB are read. A path that stands in another file
// ($ref) is looked up there if that is below the file's own folder, with symbolic links
// resolved. No other reference is followed.
func Templates(file string) ([]string, error) {
	f, main, err := openFolder(file)
	if err != nil {
		return nil, err // names the file
	}
	defer f.close()
	templates, err := f.templates(main)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	return templates, nil
}

// document is what counts of a file, of either format.
type document struct {
	OpenAPI  string               `json:"openapi"`
	Swagger  string               `json:"swagger"`
	BasePath string               `json:"basePath"`
	Servers  openapi3.Servers     `json:"servers"`
	Paths    map[string]*pathItem `json:"paths"`
}

// pathItem is what counts of a path.
type pathItem struct {
	Ref     string           `json:"$ref"`
	Servers openapi3.Servers `json:"servers"`
}

// templates reads the file with the name.
func (f *folder) templates(name string) ([]string, error) {
	data, err := f.read(name)
	if err != nil {
		return nil, err
	}
	var doc document
	if _, err := yaml.Unmarshal(data, &doc, yaml.DecodeOpts{}); err != nil {
		return nil, err
	}
	bases := func(*pathItem) ([]string, error) { return []string{doc.BasePath}, nil }
	switch {
	case strings.HasPrefix(doc.OpenAPI, "3."):
		bases = func(item *pathItem) ([]string, error) { return f.bases(name, &doc, item) }
	case strings.HasPrefix(doc.Swagger, "2."):
	default:
		return nil, errors.New(`neither "openapi: 3.…" nor "swagger: 2.…" is in it`)
	}
	var out []string
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		if strings.HasPrefix(path, "x-") {
			continue // an extension
		}
		more, err := join(bases, path, doc.Paths[path])
		if err != nil {
			return nil, fmt.Errorf("line %d: path %q: %w", lineOf(data, path), path, err)
		}
		out = append(out, more...)
	}
	if len(out) == 0 {
		return nil, errors.New("no paths in it")
	}
	return out, nil
}

// join returns the path behind each of its base paths.
func join(bases func(*pathItem) ([]string, error), path string, item *pathItem) (out []string, err error) {
	all, err := bases(item)
	if err != nil {
		return nil, err
	}
	for _, base := range all {
		t, err := joined(base, path)
		if err != nil {
			return nil, err
		}
		out = append(out, t)
	}
	return out, nil
}

// bases returns the base paths of a path: its own or, if it has none, the document's.
func (f *folder) bases(name string, doc *document, item *pathItem) ([]string, error) {
	servers := doc.Servers
	if item != nil {
		at, err := f.follow(name, item)
		if err != nil {
			return nil, err
		}
		if len(at.Servers) > 0 {
			servers = at.Servers
		}
	}
	return basePaths(servers)
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

// joined joins base and path, and checks the result as a route template.
func joined(base, path string) (string, error) {
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
	n := 0
	for line := range bytes.Lines(data) {
		n++
		for at := 0; ; {
			i := bytes.Index(line[at:], []byte(path))
			if i < 0 {
				break
			}
			at += i + len(path)
			if rest := bytes.TrimLeft(line[at:], `"' `); len(rest) > 0 && rest[0] == ':' {
				return n
			}
		}
	}
	return 0
}

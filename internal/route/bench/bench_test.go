// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package bench

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/grafana/clusterurl/pkg/clusterurl"

	"github.com/otelcol-correlation/correlationprocessor/internal/route"
)

// builtIn is a mix of shapes, about four segments deep.
var builtIn = []string{
	"/api/v1/users/8841/orders",
	"/repos/falcon-labs/blue_bird/issues/772",
	"/v2/projects/3f1c8a52-9d0e-4c55-8f0a-6f1f5f0d9a11/members/alice",
	"/checkout/carts/cus_9s6XKzkNRiz8i3/items",
	"/health",
	"/v1/accounts/17/invoices/2024-03-05",
	"/static/img/logo.png",
	"/search/users",
}

// corpora returns lists of paths, one per service: those of the folder in
// ROUTE_CORPUS (NAME.jsonl.gz with lines {"path"}), else a built-in one.
func corpora(b *testing.B) [][]string {
	dir := os.Getenv("ROUTE_CORPUS")
	if dir == "" {
		return [][]string{builtIn}
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.jsonl.gz"))
	if err != nil || len(files) == 0 {
		b.Fatalf("no corpus in %q: %v", dir, err)
	}
	var all [][]string
	for _, file := range files {
		paths, err := readPaths(file)
		if err != nil {
			b.Fatal(err)
		}
		all = append(all, paths)
	}
	return all
}

func readPaths(file string) (paths []string, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	z, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bufio.NewReader(z))
	for {
		var line struct {
			Path string `json:"path"`
		}
		if err := decoder.Decode(&line); errors.Is(err, io.EOF) {
			return paths, nil
		} else if err != nil {
			return nil, err
		}
		paths = append(paths, line.Path)
	}
}

// each runs match over the paths of all services in turn, after two passes to
// warm up, and reports how many different results it gave.
func each(b *testing.B, match func(service int, path string) string) {
	services := corpora(b)
	seen := map[string]bool{}
	for range 2 {
		clear(seen)
		for i, paths := range services {
			for _, p := range paths {
				seen[match(i, p)] = true
			}
		}
	}
	b.ReportAllocs()
	i, j := 0, 0
	for b.Loop() {
		paths := services[i%len(services)]
		match(i%len(services), paths[j%len(paths)])
		i++
		if i%len(services) == 0 {
			j++
		}
	}
	b.ReportMetric(float64(len(seen)), "results")
}

func BenchmarkRoute(b *testing.B) {
	var services []*route.Service
	for range corpora(b) {
		table, err := route.New(route.Options{MaxRoutes: 1000, MaxServices: 1, Learn: true})
		if err != nil {
			b.Fatal(err)
		}
		services = append(services, table.Service("bench"))
	}
	each(b, func(service int, path string) string { return services[service].Match("GET", path).Pattern })
}

func BenchmarkClusterURL(b *testing.B) {
	classifier, err := clusterurl.NewClusterURLClassifier(clusterurl.DefaultConfig())
	if err != nil {
		b.Fatal(err)
	}
	each(b, func(_ int, path string) string { return classifier.ClusterURL(path) })
}

func BenchmarkRegexList(b *testing.B) {
	rules := []struct {
		re *regexp.Regexp
		to string
	}{
		{regexp.MustCompile(`/[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}(/|$)`), "/{uuid}$1"},
		{regexp.MustCompile(`/[0-9]+(/|$)`), "/{int}$1"},
		{regexp.MustCompile(`/[0-9a-f]{8,}(/|$)`), "/{hex}$1"},
	}
	each(b, func(_ int, path string) string {
		for _, r := range rules {
			path = r.re.ReplaceAllString(path, r.to)
		}
		return path
	})
}

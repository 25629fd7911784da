// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Command routescore runs labelled paths through internal/route and writes
// what it predicts, for a scorer to judge.
//
//	routescore -corpus DIR -out DIR [-mode plain|framework|declared] [-share 0.1] [-as spans|pairs] [-max-routes 1000]
//
// DIR of the corpus holds one service per file, NAME.jsonl or NAME.jsonl.gz,
// each line {"path","route","method","status"} in stream order; lines without a route
// are taken too, and so are lines without a status. For each file it writes OUT/NAME.jsonl with lines
// {"path","route","predicted"}.
//
// Modes: plain knows the paths only; framework gives a share of the requests
// their true route as http.route; declared declares all true routes. As pairs, each
// request comes as a span and, a batch later, as an access log of the same trace,
// which has no http.route; the prediction is the log's.
package main

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/internal/route"
)

type request struct {
	Path      string `json:"path"`
	Route     string `json:"route"`
	Method    string `json:"method,omitempty"`
	Status    int    `json:"status,omitempty"`
	Predicted string `json:"predicted"`
}

type settings struct {
	corpus, out, mode string
	as                string
	share             float64
	maxRoutes         int
	passes            int
}

func main() {
	var s settings
	flag.StringVar(&s.corpus, "corpus", "", "folder of labelled paths")
	flag.StringVar(&s.out, "out", "", "folder to write predictions to")
	flag.StringVar(&s.mode, "mode", "plain", "plain, framework or declared")
	flag.Float64Var(&s.share, "share", 0.1, "share of requests that carry http.route in mode framework")
	flag.StringVar(&s.as, "as", "spans", "each request as a span, or as pairs of span and log")
	flag.IntVar(&s.maxRoutes, "max-routes", 1000, "limit of patterns for a service")
	flag.IntVar(&s.passes, "passes", 1, "passes over each file; the last one is written")
	flag.Parse()
	if err := run(s); err != nil {
		fmt.Fprintln(os.Stderr, "routescore:", err)
		os.Exit(1)
	}
}

func run(s settings) error {
	files, err := filepath.Glob(filepath.Join(s.corpus, "*.jsonl*"))
	if err != nil {
		return err
	}
	if len(files) == 0 {
		return fmt.Errorf("no .jsonl files in %q", s.corpus)
	}
	if err := os.MkdirAll(s.out, 0o755); err != nil {
		return err
	}
	for _, file := range files {
		if err := s.score(file); err != nil {
			return fmt.Errorf("%s: %w", file, err)
		}
	}
	return nil
}

// score predicts one file.
func (s settings) score(file string) error {
	requests, err := readRequests(file)
	if err != nil {
		return err
	}
	options := route.Options{MaxRoutes: s.maxRoutes, MaxServices: 1, Learn: true}
	if s.mode == "declared" {
		options.Templates = trueRoutes(requests)
	}
	table, err := route.New(options)
	if err != nil {
		return err
	}
	name, _, _ := strings.Cut(filepath.Base(file), ".")
	start := time.Now()
	for range max(s.passes, 1) {
		s.predict(table.Service(name), requests)
	}
	patterns := map[string]bool{}
	for _, r := range requests {
		patterns[r.Predicted] = true
	}
	fmt.Fprintf(os.Stderr, "%s: %d requests, %d patterns, %v\n", name, len(requests), len(patterns), time.Since(start).Round(time.Millisecond))
	return writeRequests(filepath.Join(s.out, name+".jsonl"), requests)
}

// batchLength is how many requests are sent as spans before their logs follow.
const batchLength = 50

func (s settings) predict(service *route.Service, requests []request) {
	random := rand.New(rand.NewPCG(1, 2))
	first := uint64(1) // trace of the batch
	for batch := range slices.Chunk(requests, batchLength) {
		for i := range batch {
			r := &batch[i]
			q := route.Request{Method: r.Method, Path: r.Path, Status: r.Status, Trace: first + uint64(i)}
			if s.mode == "framework" && random.Float64() < s.share {
				q.Route = r.Route
			}
			r.Predicted = service.Match(q).Pattern
		}
		for i := range batch {
			if r := &batch[i]; s.as == "pairs" {
				r.Predicted = service.Match(route.Request{Method: r.Method, Path: r.Path, Status: r.Status, Trace: first + uint64(i)}).Pattern
			}
		}
		first += uint64(len(batch))
	}
}

func trueRoutes(requests []request) []string {
	var routes []string
	seen := map[string]bool{}
	for _, r := range requests {
		if !seen[r.Route] {
			seen[r.Route] = true
			routes = append(routes, r.Route)
		}
	}
	return routes
}

func readRequests(file string) (requests []request, err error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	var r io.Reader = f
	if strings.HasSuffix(file, ".gz") {
		if r, err = gzip.NewReader(f); err != nil {
			return nil, err
		}
	}
	decoder := json.NewDecoder(bufio.NewReader(r))
	for {
		var q request
		if err := decoder.Decode(&q); errors.Is(err, io.EOF) {
			return requests, nil
		} else if err != nil {
			return nil, err
		}
		requests = append(requests, q)
	}
}

func writeRequests(file string, requests []request) (err error) {
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	w := bufio.NewWriter(f)
	encoder := json.NewEncoder(w)
	encoder.SetEscapeHTML(false)
	for i := range requests {
		if err := encoder.Encode(&requests[i]); err != nil {
			return err
		}
	}
	return w.Flush()
}

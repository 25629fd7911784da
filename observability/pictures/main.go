// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Command pictures draws what a collector's metrics pages say, as SVG: for people
// who want to see it without a Grafana.
//
//	go run ./pictures PAGES FOLDER
//
// PAGES is a folder of metrics pages, one a second, in the order of their names,
// as the demo's --pages writes them.
package main

import (
	"fmt"
	"log"
	"os"
	"path/filepath"

	"github.com/otelcol-correlation/correlationprocessor/testkit/scrape"
)

func main() {
	if len(os.Args) != 3 {
		log.Fatal("usage: pictures PAGES FOLDER")
	}
	pages, err := read(os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	for name, picture := range map[string]string{
		"missing-trace-ids.svg":  missing(pages[len(pages)-1]),
		"where-traces-begin.svg": begun(pages[len(pages)-1]),
		"sampling.svg":           sampling(pages),
	} {
		if err := os.WriteFile(filepath.Join(os.Args[2], name), []byte(picture), 0o644); err != nil {
			log.Fatal(err)
		}
	}
}

// read returns the pages in the order of their names; there is at least one.
func read(folder string) (pages []scrape.Metrics, err error) {
	names, err := filepath.Glob(filepath.Join(folder, "*.txt"))
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		page, err := readPage(name)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		pages = append(pages, page)
	}
	if len(pages) == 0 {
		return nil, fmt.Errorf("no pages in %s", folder)
	}
	return pages, nil
}

func readPage(name string) (scrape.Metrics, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }()
	return scrape.Parse(f)
}

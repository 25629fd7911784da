// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Command sdktraces records what the real OpenTelemetry SDK for Go sends when
// services are instrumented right, and when they have the faults that break
// traces in the field. The recordings are testdata of the processor: it must say
// of each which fault it shows.
//
//	go run . ../testdata/sdktraces
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"go.opentelemetry.io/otel"
)

func main() {
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("usage: sdktraces FOLDER")
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Print(err) }))
	for _, f := range faults() {
		if err := record(context.Background(), f, filepath.Join(flag.Arg(0), f.name)); err != nil {
			log.Fatalf("%s: %v", f.name, err)
		}
	}
}

// record runs a shop with the fault, sends it requests, and writes down what its
// SDKs exported.
func record(ctx context.Context, f fault, folder string) error {
	sink := newSink(f.exportTime)
	defer sink.close()
	shop, err := open(ctx, f, sink.url())
	if err != nil {
		return err
	}
	for n := range requests {
		if err := shop.visit(ctx, fmt.Sprintf("/checkout/%d", n)); err != nil {
			return err
		}
	}
	if err := shop.close(ctx); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	return sink.write(folder)
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Command sdktraces records what the real OpenTelemetry SDK for Go sends when
// services are instrumented right, and when they have the faults that break
// traces in the field. The recordings are testdata of the processor: it must say
// of each which fault it shows.
//
//	sdktraces testdata/sdktraces
//
// With a fault's name it sends, as a test suite of the shop would, what that
// fault makes to the collector the environment names.
//
//	OTEL_EXPORTER_OTLP_ENDPOINT=http://127.0.0.1:4318 sdktraces -fault whole
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
	live := flag.String("fault", "", "send what the fault of this name makes")
	flag.Parse()
	if (flag.NArg() == 1) == (*live != "") {
		log.Fatal("usage: sdktraces FOLDER | sdktraces -fault NAME")
	}
	otel.SetErrorHandler(otel.ErrorHandlerFunc(func(err error) { log.Print(err) }))
	for _, f := range faults() {
		if *live != "" {
			if f.name == *live {
				send(context.Background(), f)
			}
			continue
		}
		if err := record(context.Background(), f, filepath.Join(flag.Arg(0), f.name)); err != nil {
			log.Fatalf("%s: %v", f.name, err)
		}
	}
}

// record runs a shop with the fault, sends it requests, and writes down what its
// SDKs exported.
func record(ctx context.Context, f fault, folder string) error {
	sink := newSink()
	defer sink.close()
	if err := play(ctx, f, sink.url()); err != nil {
		return err
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	return sink.write(folder)
}

// send plays the fault to the collector the environment names.
func send(ctx context.Context, f fault) {
	if err := play(ctx, f, os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT")); err != nil {
		log.Fatal(err)
	}
}

// play opens a shop with the fault, sends it visitors and closes it.
func play(ctx context.Context, f fault, otlp string) error {
	shop, err := open(ctx, f, otlp)
	if err != nil {
		return err
	}
	for n := range requests {
		if err := shop.visit(ctx, fmt.Sprintf("/checkout/%d", n)); err != nil {
			return err
		}
	}
	return shop.close(ctx)
}

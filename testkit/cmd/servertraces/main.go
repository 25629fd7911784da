// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

// Command servertraces records the spans and logs that real servers send of
// requests: each server behind Caddy, which writes an access log and begins the
// traces. The recordings are testdata of the processor, which must find the
// servers' routes in them.
//
//	servertraces [-only NAME] [-bin FOLDER] testdata/servertraces
//
// It installs the servers with `go install` at the versions named here, into the
// folder -bin, and talks to loopback only.
package main

import (
	"context"
	"flag"
	"log"
	"os/signal"
	"path/filepath"
	"syscall"
)

func main() {
	only := flag.String("only", "", "record this server alone")
	bin := flag.String("bin", "build/servers", "where the servers' programs are, or go")
	flag.Parse()
	if flag.NArg() != 1 {
		log.Fatal("usage: servertraces [-only NAME] [-bin FOLDER] FOLDER")
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	for _, s := range recorded() {
		if *only != "" && *only != s.name {
			continue
		}
		log.Print(s.name)
		if err := record(ctx, s, *bin, filepath.Join(flag.Arg(0), s.name)); err != nil {
			log.Fatalf("%s: %v", s.name, err) //nolint:gocritic // nothing is left to stop
		}
	}
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"os"
	"strings"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/demo/internal/catalog"
	"github.com/otelcol-correlation/correlationprocessor/demo/internal/orders"
	"github.com/otelcol-correlation/correlationprocessor/demo/internal/service"
	"github.com/otelcol-correlation/correlationprocessor/demo/internal/storefront"
	"github.com/otelcol-correlation/correlationprocessor/demo/internal/telemetry"
)

// flushTime is how long the last telemetry may take to leave a service.
const flushTime = 10 * time.Second

// common are the flags of every service.
type common struct {
	flags     *flag.FlagSet
	listen    string
	seed      uint64
	endpoints list
}

// list is a flag that may be given more than once.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

func (l *list) Set(value string) error {
	*l = append(*l, value)
	return nil
}

func newCommon(name string) *common {
	c := &common{flags: flag.NewFlagSet(name, flag.ExitOnError)}
	c.flags.StringVar(&c.listen, "listen", "127.0.0.1:0", "host:port to listen on; the line \"ready host:port\" tells which")
	c.flags.Uint64Var(&c.seed, "seed", 1, "fixes the trace and span ids")
	c.flags.Var(&c.endpoints, "otlp", "host:port of an OTLP gRPC receiver; may be repeated, each gets everything")
	return c
}

// serve runs a service with its telemetry until ctx ends, and flushes.
func (c *common) serve(ctx context.Context, create func(*telemetry.Telemetry) service.Service) error {
	tel, err := telemetry.Start(ctx, telemetry.Config{Service: c.flags.Name(), Seed: c.seed, Endpoints: c.endpoints})
	if err != nil {
		return err
	}
	listener, err := net.Listen("tcp", c.listen)
	if err != nil {
		return err
	}
	fmt.Printf("ready %s\n", listener.Addr())
	err = service.Serve(ctx, listener, create(tel))
	limit, cancel := context.WithTimeout(context.WithoutCancel(ctx), flushTime)
	defer cancel()
	return errors.Join(err, tel.Shutdown(limit))
}

func runStorefront(ctx context.Context, args []string) error {
	c := newCommon(storefront.Name)
	var peers storefront.Peers
	c.flags.StringVar(&peers.Catalog, "catalog", "", "base URL of the catalog")
	c.flags.StringVar(&peers.Orders, "orders", "", "base URL of the orders service")
	_ = c.flags.Parse(args) // exits on error
	return c.serve(ctx, func(tel *telemetry.Telemetry) service.Service { return storefront.New(tel, peers) })
}

func runCatalog(ctx context.Context, args []string) error {
	c := newCommon(catalog.Name)
	_ = c.flags.Parse(args) // exits on error
	return c.serve(ctx, func(tel *telemetry.Telemetry) service.Service { return catalog.New(tel) })
}

func runOrders(ctx context.Context, args []string) error {
	c := newCommon(orders.Name)
	catalogURL := c.flags.String("catalog", "", "base URL of the catalog")
	path := c.flags.String("log-file", "orders.log", "file to append JSON lines to")
	_ = c.flags.Parse(args) // exits on error
	file, err := os.OpenFile(*path, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		return err
	}
	err = c.serve(ctx, func(tel *telemetry.Telemetry) service.Service { return orders.New(tel, *catalogURL, file) })
	return errors.Join(err, file.Close())
}

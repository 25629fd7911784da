// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package peers builds the processors that are compared, each from the YAML a
// user would write, through its factory, as the collector does.
package peers

import (
	"context"
	"embed"
	"fmt"
	"slices"
	"strings"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/envprovider"
	"go.opentelemetry.io/collector/confmap/provider/yamlprovider"
)

//go:embed *.yaml
var files embed.FS

// The environment variables the configurations refer to.
const (
	EnvWait   = "BENCH_WAIT"   // how long traces wait for their verdict, a duration
	EnvTraces = "BENCH_TRACES" // how many traces peers that want to know may hold
	EnvRoom   = "BENCH_ROOM"   // how many bytes a peer may hold that is to have little room
)

// Floor is the peer that does nothing.
const Floor = "nop"

// Packed is the peer that has just enough room for what it holds.
const Packed = "ours_tail_packed"

// Names lists the peers.
func Names() []string {
	entries, err := files.ReadDir(".")
	if err != nil {
		panic(err) // the files are part of this program
	}
	var names []string
	for _, e := range entries {
		names = append(names, strings.TrimSuffix(e.Name(), ".yaml"))
	}
	return names
}

// Text returns the configuration of a peer.
func Text(name string) (string, error) {
	text, err := files.ReadFile(name + ".yaml")
	if err != nil {
		return "", fmt.Errorf("no peer %q; there are %s", name, strings.Join(Names(), ", "))
	}
	return string(text), nil
}

// Config is a peer's configuration read.
type Config struct {
	Processors map[component.ID]map[string]any `mapstructure:"processors"`
	Service    struct {
		Pipelines map[string]struct {
			Processors []component.ID `mapstructure:"processors"`
		} `mapstructure:"pipelines"`
	} `mapstructure:"service"`
}

// Read reads a peer's configuration with the environment filled in.
func Read(ctx context.Context, name string) (*Config, error) {
	text, err := Text(name)
	if err != nil {
		return nil, err
	}
	resolver, err := confmap.NewResolver(confmap.ResolverSettings{
		URIs:              []string{"yaml:" + text},
		ProviderFactories: []confmap.ProviderFactory{envprovider.NewFactory(), yamlprovider.NewFactory()},
		DefaultScheme:     "env",
	})
	if err != nil {
		return nil, err
	}
	conf, err := resolver.Resolve(ctx)
	if err != nil {
		return nil, fmt.Errorf("peer %s: %w", name, err)
	}
	c := new(Config)
	if err := conf.Unmarshal(c); err != nil {
		return nil, fmt.Errorf("peer %s: %w", name, err)
	}
	return c, nil
}

// Has reports whether the peer takes the signal, "traces" or "logs".
func (c *Config) Has(signal string) bool {
	_, ok := c.Service.Pipelines[signal]
	return ok
}

// Exists reports whether there is such a peer.
func Exists(name string) bool { return slices.Contains(Names(), name) }

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package pipeline builds the processors that are compared, each from the YAML
// a user would write, through its factory, as the collector does.
package pipeline

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/envprovider"
	"go.opentelemetry.io/collector/confmap/provider/yamlprovider"
)

// The environment variables the configurations refer to.
const (
	EnvWait      = "BENCH_WAIT"      // how long traces wait for their verdict, a duration
	EnvTraces    = "BENCH_TRACES"    // how many traces peers that want to know may hold
	EnvDirectory = "BENCH_DIRECTORY" // where a collector may keep what it holds
	EnvRoom      = "BENCH_ROOM"      // how many bytes a peer may hold that is to have little room
)

// Setenv sets them.
func Setenv(wait time.Duration, traces int, room float64) error {
	return errors.Join(
		os.Setenv(EnvWait, wait.String()),
		os.Setenv(EnvTraces, strconv.Itoa(traces)),
		os.Setenv(EnvRoom, strconv.FormatFloat(room, 'f', 0, 64)))
}

// Set is the configurations that one program can build.
type Set struct {
	// Files holds a file NAME.yaml for each peer NAME.
	Files fs.FS
	// Floor is the name of the peer that does nothing. Every program has one, since
	// decoding does not cost the same in all versions of the Collector.
	Floor string
}

//go:embed floor.yaml
var floor string

// Names lists the peers.
func (s Set) Names() []string {
	files, err := fs.Glob(s.Files, "*.yaml")
	if err != nil {
		panic(err) // the files are part of this program
	}
	names := []string{s.Floor}
	for _, file := range files {
		names = append(names, strings.TrimSuffix(file, ".yaml"))
	}
	return names
}

// Has reports whether there is such a peer.
func (s Set) Has(name string) bool { return slices.Contains(s.Names(), name) }

// Text returns the configuration of a peer.
func (s Set) Text(name string) (string, error) {
	if name == s.Floor {
		return floor, nil
	}
	text, err := fs.ReadFile(s.Files, name+".yaml")
	if err != nil {
		return "", fmt.Errorf("no peer %q; there are %s", name, strings.Join(s.Names(), ", "))
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
func (s Set) Read(ctx context.Context, name string) (*Config, error) {
	text, err := s.Text(name)
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

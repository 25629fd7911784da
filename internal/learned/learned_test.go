// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package learned

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"
	"go.yaml.in/yaml/v3"

	"github.com/otelcol-correlation/correlationprocessor/internal/config"
	"github.com/otelcol-correlation/correlationprocessor/internal/route"
)

// began is some instant.
var began = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// looked are the Routes of an empty table, and what they log.
func looked(t *testing.T, change func(*config.RoutesConfig)) (*Routes, *observer.ObservedLogs) {
	t.Helper()
	cfg := config.Default().Routes
	change(&cfg)
	table, err := cfg.Table(0)
	require.NoError(t, err)
	core, logged := observer.New(zap.WarnLevel)
	return New(&cfg, table, zap.New(core)), logged
}

func TestLearnedPatternsAreWrittenToTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "routes.yaml")
	r, logged := looked(t, func(c *config.RoutesConfig) { c.Learn.File = file })
	r.table.Service("cart").Match(route.Request{Path: "/carts/17/items/3", Route: "/carts/:cart/items/:item"})
	for at := began; at.Before(began.Add(writeInterval)); at = at.Add(lookInterval / 10) {
		r.Tick(at)
	}
	require.NoFileExists(t, file, "not before a minute is over")
	r.Tick(began.Add(writeInterval))
	text, err := os.ReadFile(file)
	require.NoError(t, err)
	require.Contains(t, string(text), "/carts/{cart}/items/{item}")
	var back map[string]any
	require.NoError(t, yaml.Unmarshal(text, &back))
	entries, err := os.ReadDir(filepath.Dir(file))
	require.NoError(t, err)
	require.Len(t, entries, 1, "no temporary file is left")

	require.NoError(t, os.RemoveAll(filepath.Dir(file)))
	r.Write()
	require.Equal(t, 1, logged.FilterMessageSnippet("routes::learn::file").Len())
}

func TestMeetingTheCapIsLoggedOnce(t *testing.T) {
	r, logged := looked(t, func(c *config.RoutesConfig) { c.MaxRoutes = 1 })
	at := began
	teach := func() {
		for _, path := range []string{"/a/b", "/c/d", "/e/f", "/g/h"} {
			r.table.Service("cart").Match(route.Request{Path: path})
			at = at.Add(time.Minute)
			r.Tick(at)
		}
	}
	teach()
	require.Equal(t, 1, logged.FilterMessageSnippet("routes::max_routes").Len())
	r.table.Forget("cart")
	at = at.Add(time.Minute)
	r.Tick(at)
	teach()
	require.Equal(t, 2, logged.FilterMessageSnippet("routes::max_routes").Len(), "once more for a service that was forgotten")
}

func TestAFileThatCannotBeWrittenIsFound(t *testing.T) {
	folder := t.TempDir()
	plain := filepath.Join(folder, "plain")
	require.NoError(t, os.WriteFile(plain, nil, 0o600))
	probe := func(name string) error {
		r, _ := looked(t, func(c *config.RoutesConfig) { c.Learn.File = name })
		return r.Probe()
	}
	for name, want := range map[string]string{
		filepath.Join(folder, "none", "routes.yaml"): "cannot be written",
		filepath.Join(plain, "routes.yaml"):          "cannot be written",
		folder:                                       "is a folder",
	} {
		err := probe(name)
		require.ErrorContains(t, err, "routes::learn::file")
		require.ErrorContains(t, err, name)
		require.ErrorContains(t, err, want)
	}
	require.NoError(t, probe(""))
	require.NoError(t, probe(filepath.Join(folder, "routes.yaml")))
	files, err := os.ReadDir(folder)
	require.NoError(t, err)
	require.Len(t, files, 1, "nothing is left beside the file")
}

// What was learned up to the last second before a kill is there for the next process, and
// a file that is none costs no more than what was in it.
func TestTheNextProcessKnowsWhatWasLearned(t *testing.T) {
	file := filepath.Join(t.TempDir(), "routes")
	first, _ := looked(t, func(*config.RoutesConfig) {})
	first.Keep(file)
	first.Tick(began)
	require.NoFileExists(t, file, "there is nothing to keep")
	match := func(r *Routes, q route.Request) string { return r.table.Service("cart").Match(q).Pattern }
	for i := range 20 {
		match(first, route.Request{Path: fmt.Sprintf("/carts/c%d/items/i%d", i, i), Route: "/carts/:cart/items/:item", Trace: uint64(i)})
	}
	want := match(first, route.Request{Path: "/carts/a/items/b"})
	require.Equal(t, "/carts/{cart}/items/{item}", want)
	first.Tick(began.Add(keepInterval - 1))
	require.NoFileExists(t, file, "no more often than once a second")
	first.Tick(began.Add(keepInterval))
	info, err := os.Stat(file)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode())

	second, logged := looked(t, func(*config.RoutesConfig) {})
	second.Keep(file)
	require.NoError(t, os.Remove(file))
	second.Tick(began)
	require.NoFileExists(t, file, "nothing was learned since")
	require.Equal(t, want, match(second, route.Request{Path: "/carts/x/items/y"}))
	require.Zero(t, logged.Len())
	match(second, route.Request{Path: "/shelves/1"})
	second.Stop()
	require.FileExists(t, file)

	require.NoError(t, os.WriteFile(file, []byte(`{"version":`), 0o600))
	third, logged := looked(t, func(*config.RoutesConfig) {})
	third.Keep(file)
	require.Equal(t, 1, logged.FilterMessageSnippet("learned again").Len())
	require.NoFileExists(t, file)
	require.FileExists(t, file+".bad")
}

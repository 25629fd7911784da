// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package peers knows all that are compared: our configurations, which this
// program runs, and those of the processors that another program is built with.
package peers

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/otelcol-correlation/correlationprocessor/bench/internal/ours"
	"github.com/otelcol-correlation/correlationprocessor/bench/peers/configs"
	"github.com/otelcol-correlation/correlationprocessor/bench/peers/pipeline"
)

// Floor is the peer that does nothing, in the program that ours is run by.
var Floor = ours.Program.Configs.Floor

// Ours reports whether a peer is a configuration of ours.
func Ours(name string) bool { return ours.Program.Configs.Has(name) }

// set is the configurations that this one is among.
func set(name string) pipeline.Set {
	if Ours(name) {
		return ours.Program.Configs
	}
	return configs.Set
}

// Names lists all.
func Names() []string {
	return slices.Concat(ours.Program.Configs.Names(), configs.Set.Names())
}

// Exists reports whether there is such a peer.
func Exists(name string) bool { return slices.Contains(Names(), name) }

// Text returns the configuration of a peer.
func Text(name string) (string, error) {
	if !Exists(name) {
		return "", fmt.Errorf("no peer %q; there are %s", name, strings.Join(Names(), ", "))
	}
	return set(name).Text(name)
}

// FloorOf is the peer that does nothing in the program that this one is run by.
func FloorOf(name string) string { return set(name).Floor }

// IsFloor reports whether a peer is one that does nothing.
func IsFloor(name string) bool { return name == FloorOf(name) }

// Program is the executable that a peer is run by.
func Program(name string) (string, error) {
	if Ours(name) {
		return os.Executable()
	}
	return build()
}

const module = "github.com/otelcol-correlation/correlationprocessor/bench/peers"

// build builds the peers' program, once. It has a module of its own, so the
// compiler has to be called in its folder.
var build = sync.OnceValues(func() (string, error) {
	dir, err := output("go", "list", "-m", "-f", "{{.Dir}}", module)
	if err != nil {
		return "", err
	}
	path := filepath.Join(dir, "..", "..", "build", "bench-peers")
	_, err = output("go", "build", "-C", dir, "-o", path, ".")
	return path, err
})

// output runs a command and returns the line it prints.
func output(name string, args ...string) (string, error) {
	out, err := exec.Command(name, args...).Output()
	if exit := new(exec.ExitError); errors.As(err, &exit) {
		return "", fmt.Errorf("%s %s: %w\n%s", name, args[0], err, exit.Stderr)
	}
	return strings.TrimSpace(string(out)), err
}

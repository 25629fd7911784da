// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package servers

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"strings"
)

// Programs that are servers, each with its version.
const (
	Caddy  = "github.com/caddyserver/caddy/v2/cmd/caddy@v2.11.9"
	HotROD = "github.com/jaegertracing/jaeger/examples/hotrod@v1.76.0"
)

// Install builds a program, a package with its version, into the folder unless it is
// there, and returns its path. A module of its own makes it with the versions of its
// dependencies, also where go install will not, because the program's go.mod replaces some.
func Install(ctx context.Context, program, bin string) (file string, err error) {
	if bin, err = filepath.Abs(bin); err != nil {
		return "", err
	}
	file = Executable(program, bin)
	if _, err := os.Stat(file); err == nil {
		return file, nil
	}
	module, err := os.MkdirTemp("", "install")
	if err != nil {
		return "", err
	}
	defer os.RemoveAll(module)
	pkg, _, _ := strings.Cut(program, "@")
	for _, args := range [][]string{{"mod", "init", "install"}, {"get", program}, {"build", "-trimpath", "-o", file, pkg}} {
		cmd := exec.CommandContext(ctx, "go", args...)
		cmd.Dir = module
		cmd.Env = append(os.Environ(), "GOFLAGS=", "CGO_ENABLED=0")
		if out, err := cmd.CombinedOutput(); err != nil {
			return "", fmt.Errorf("go %s: %w: %s", strings.Join(args, " "), err, out)
		}
	}
	return file, nil
}

// Executable is where Install puts a program.
func Executable(program, bin string) string {
	pkg, _, _ := strings.Cut(program, "@")
	return filepath.Join(bin, path.Base(pkg))
}

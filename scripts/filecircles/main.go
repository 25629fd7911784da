// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Command filecircles reports, for each package, which of its files refer to
// each other in a circle. A file refers to another file of its package if it
// uses an identifier that is declared there. Tests are left out. The command is
// a report, not a gate: it fails only if a package cannot be read.
//
//	go run ./scripts/filecircles [package directory ...]
//
// Without arguments it reports all packages of the module.
package main

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

func main() {
	if err := run(context.Background(), os.Stdout, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "filecircles:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, w io.Writer, dirs []string) error {
	packages, exports, err := list(ctx, dirs)
	if err != nil {
		return err
	}
	slices.SortFunc(packages, func(a, b pkg) int { return cmp.Compare(a.path, b.path) })
	fmt.Fprintf(w, "%-60s %5s %6s %7s  %s\n", "package", "files", "lines", "circle", "files of the largest circle")
	for _, p := range packages {
		r, err := p.measure(exports)
		if err != nil {
			return fmt.Errorf("%s: %w", p.path, err)
		}
		fmt.Fprintf(w, "%-60s %5d %6d %7d  %s\n", p.path, len(p.files), r.lines, len(r.circle), strings.Join(r.circle, " "))
	}
	return nil
}

// pkg is a package and its files, without tests.
type pkg struct {
	path, dir string
	files     []string
}

// list asks the go command for the packages in dirs, and where the compiled
// form of everything they import is.
func list(ctx context.Context, dirs []string) (packages []pkg, exports map[string]string, err error) {
	args := []string{"list", "-deps", "-export", "-f", `{{.ImportPath}}|{{.Export}}|{{.DepOnly}}|{{.Dir}}|{{join .GoFiles " "}}`}
	if len(dirs) == 0 {
		args = append(args, "./...")
	}
	for _, dir := range dirs {
		if !filepath.IsAbs(dir) {
			dir = "./" + filepath.Clean(dir)
		}
		args = append(args, dir)
	}
	var complaint bytes.Buffer
	command := exec.CommandContext(ctx, "go", args...)
	command.Stderr = &complaint
	out, err := command.Output()
	if err != nil {
		return nil, nil, fmt.Errorf("go list: %w\n%s", err, complaint.String())
	}
	exports = map[string]string{}
	for line := range strings.Lines(string(out)) {
		f := strings.Split(strings.TrimSpace(line), "|")
		if len(f) != 5 {
			return nil, nil, fmt.Errorf("go list wrote %q", line)
		}
		exports[f[0]] = f[1]
		if names := strings.Fields(f[4]); f[2] == "false" && len(names) > 0 {
			packages = append(packages, pkg{path: f[0], dir: f[3], files: names})
		}
	}
	return packages, exports, nil
}

// report holds the measures of one package.
type report struct {
	lines  int
	circle []string // empty if no file refers to itself by way of another
}

func (p pkg) measure(exports map[string]string) (report, error) {
	fset := token.NewFileSet()
	var r report
	var files []*ast.File
	for _, name := range p.files {
		text, err := os.ReadFile(filepath.Join(p.dir, name))
		if err != nil {
			return r, err
		}
		r.lines += bytes.Count(text, []byte("\n"))
		file, err := parser.ParseFile(fset, name, text, parser.SkipObjectResolution)
		if err != nil {
			return r, err
		}
		files = append(files, file)
	}
	open := func(path string) (io.ReadCloser, error) {
		if exports[path] == "" {
			return nil, errors.New("not compiled")
		}
		return os.Open(exports[path])
	}
	info := &types.Info{Uses: map[*ast.Ident]types.Object{}}
	config := types.Config{Importer: importer.ForCompiler(fset, "gc", open)}
	checked, err := config.Check(p.path, fset, files, info)
	if err != nil {
		return r, err
	}
	r.circle = largest(circles(references(fset, checked, info)))
	return r, nil
}

// references returns, for each file, the other files of the package it uses.
func references(fset *token.FileSet, of *types.Package, info *types.Info) map[string]map[string]bool {
	uses := map[string]map[string]bool{}
	for name, object := range info.Uses {
		if object.Pkg() != of || !object.Pos().IsValid() {
			continue
		}
		from, to := fset.Position(name.Pos()).Filename, fset.Position(object.Pos()).Filename
		if from == to {
			continue
		}
		if uses[from] == nil {
			uses[from] = map[string]bool{}
		}
		uses[from][to] = true
	}
	return uses
}

// circles returns the sets of files that reach each other. A package has few
// files, so what each one reaches is simply walked.
func circles(uses map[string]map[string]bool) [][]string {
	reached := map[string]map[string]bool{}
	for file := range uses {
		reached[file] = map[string]bool{}
		walk(uses, file, reached[file])
	}
	var all [][]string
	seen := map[string]bool{}
	for file := range uses {
		if seen[file] || !reached[file][file] {
			continue
		}
		var circle []string
		for other := range reached[file] {
			if reached[other][file] {
				circle = append(circle, other)
				seen[other] = true
			}
		}
		slices.Sort(circle)
		all = append(all, circle)
	}
	return all
}

// walk adds the files that can be reached from a file.
func walk(uses map[string]map[string]bool, file string, reached map[string]bool) {
	for other := range uses[file] {
		if !reached[other] {
			reached[other] = true
			walk(uses, other, reached)
		}
	}
}

// largest returns the largest circle, the first by name among equals.
func largest(all [][]string) []string {
	var most []string
	for _, circle := range all {
		if len(circle) > len(most) || len(circle) == len(most) && slices.Compare(circle, most) < 0 {
			most = circle
		}
	}
	return most
}

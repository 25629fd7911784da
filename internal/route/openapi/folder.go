// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package openapi

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/oasdiff/yaml"
)

const (
	// maxFileBytes is the largest file that is read; the largest published
	// description known to us has 12 MB.
	maxFileBytes = 16 << 20
	// maxBytes is how much is read of a file and those it refers to.
	maxBytes = 4 * maxFileBytes
	// maxRefs is how many references lead to a path at most.
	maxRefs = 16
)

// folder reads the files below the folder of a description, and no others.
type folder struct {
	root   *os.Root
	parsed map[string]any // files that were referred to
	left   int64          // bytes that may be read
}

// openFolder opens the folder that the file lies in, after symbolic links, and returns
// the file's name in it.
func openFolder(file string) (f *folder, name string, err error) {
	resolved, err := filepath.EvalSymlinks(file)
	if err != nil {
		return nil, "", err
	}
	root, err := os.OpenRoot(filepath.Dir(resolved))
	if err != nil {
		return nil, "", err
	}
	return &folder{root: root, parsed: map[string]any{}, left: maxBytes}, filepath.Base(resolved), nil
}

func (f *folder) close() { _ = f.root.Close() }

// read returns what is in a file. What is no regular file is not opened: a pipe would
// block, and a device may have no end.
func (f *folder) read(name string) ([]byte, error) {
	info, err := f.root.Stat(name)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is not a regular file", name)
	case info.Size() > maxFileBytes:
		return nil, fmt.Errorf("%s has %d bytes, and at most %d are read", name, info.Size(), maxFileBytes)
	case info.Size() > f.left:
		return nil, fmt.Errorf("%s and the files before it have more than %d bytes", name, maxBytes)
	}
	file, err := f.root.Open(name)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	data, err := io.ReadAll(io.LimitReader(file, info.Size()))
	f.left -= int64(len(data))
	return data, err
}

// follow returns the path item itself, wherever it stands. The name is that of the file
// that it was found in.
func (f *folder) follow(name string, item *pathItem) (*pathItem, error) {
	for range maxRefs {
		if item.Ref == "" {
			return item, nil
		}
		next, at, err := f.lookUp(name, item.Ref)
		if err != nil {
			return nil, fmt.Errorf("$ref %q in %s: %w", item.Ref, name, err)
		}
		name, item = next, at
	}
	return nil, fmt.Errorf("$ref %q in %s: more than %d references lead to it, or it refers to itself", item.Ref, name, maxRefs)
}

// lookUp returns what a reference in a file refers to, and the file that it stands in.
func (f *folder) lookUp(name, ref string) (file string, item *pathItem, err error) {
	u, err := url.Parse(ref)
	if err != nil {
		return "", nil, err
	}
	if u.Scheme != "" || u.Host != "" {
		return "", nil, errors.New("only files are read, by their path relative to this one")
	}
	if file = name; u.Path != "" {
		file = filepath.Join(filepath.Dir(name), filepath.FromSlash(u.Path))
		if filepath.IsAbs(u.Path) || !filepath.IsLocal(file) {
			return "", nil, errors.New("only files below the folder of the description are read")
		}
	}
	doc, err := f.parse(file)
	if err != nil {
		return "", nil, err
	}
	item, err = itemAt(doc, u.Fragment)
	return file, item, err
}

// parse reads a file once.
func (f *folder) parse(file string) (any, error) {
	if doc, ok := f.parsed[file]; ok {
		return doc, nil
	}
	data, err := f.read(file)
	if err != nil {
		return nil, err
	}
	var doc any
	if _, err := yaml.Unmarshal(data, &doc, yaml.DecodeOpts{}); err != nil {
		return nil, err
	}
	f.parsed[file] = doc
	return doc, nil
}

// itemAt returns the path item that a JSON pointer (RFC 6901) points to.
func itemAt(doc any, pointer string) (*pathItem, error) {
	if pointer != "" {
		for key := range strings.SplitSeq(strings.TrimPrefix(pointer, "/"), "/") {
			key = strings.NewReplacer("~1", "/", "~0", "~").Replace(key)
			object, _ := doc.(map[string]any)
			inner, ok := object[key]
			if !ok {
				return nil, fmt.Errorf("there is no %q", key)
			}
			doc = inner
		}
	}
	text, err := json.Marshal(doc)
	if err != nil {
		return nil, err
	}
	item := new(pathItem)
	if err := json.Unmarshal(text, item); err != nil {
		return nil, fmt.Errorf("it is no path: %w", err)
	}
	return item, nil
}

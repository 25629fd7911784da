// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux && !darwin

package storage

import (
	"errors"
	"fmt"
	"os"
	"runtime"
)

// errUnsupported is returned for every use: there is no store here.
var errUnsupported = fmt.Errorf("files cannot be mapped on %s: %w", runtime.GOOS, errors.ErrUnsupported)

func lock(string) (*os.File, error) { return nil, errUnsupported }

func unlock(*os.File) error { return errUnsupported }

func mapFile(*os.File, int64) ([]byte, error) { return nil, errUnsupported }

func unmap([]byte) error { return errUnsupported }

func flush([]byte) error { return errUnsupported }

func allocate(*os.File, int64, int64) error { return errUnsupported }

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux && !darwin

package mapped

import "errors"

func reserve(int) ([]byte, error) { return nil, errors.ErrUnsupported }

func giveBack([]byte) {}

func release([]byte) error { return nil }

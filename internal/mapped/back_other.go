// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !linux

package mapped

func back([]byte) {}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build !race

package acceptance

const raceDetector = false

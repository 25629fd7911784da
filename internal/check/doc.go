// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package check has the checks that settings of all parts of the configuration share:
// each returns nil, or an error that names the key and the value got. Every Config has
// a Validate of its own that is made of them, so that one mistake reads the same
// wherever it is made.
package check

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package startup is what the log says when an engine starts: one line with what its
// settings come to, and a warning for each setting that is valid and may not be what was
// meant.
package startup

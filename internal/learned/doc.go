// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package learned looks after the patterns that traffic has taught: when they are
// forgotten, who is told that there are too many, and how they become a file that can
// be pasted into the configuration.
package learned

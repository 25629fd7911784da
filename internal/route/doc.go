// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package route turns URL paths into route patterns: /users/123 into
// /users/{int}. It is total (every path gets a pattern), bounded (a service
// never has more patterns than its limit) and safe for many readers at once.
package route

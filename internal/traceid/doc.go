// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package traceid reads trace ids from text: the values of attributes and the bodies of logs.
package traceid

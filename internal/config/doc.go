// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package config is the block `correlation:` of the collector's configuration: its
// keys, their defaults, how it is read, and what is refused.
//
// A Config is made by Default, filled by the Collector through Unmarshal and checked
// by Validate, each part by its own. After that it is only read, so any number of
// goroutines may share it. Errors name the key as the user writes it, and the value got.
// The sampling part is rules.Config, which lies with the rules that it becomes.
package config

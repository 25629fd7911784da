// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package collector holds the promises of the processor as they show from
// outside: the built collector as a process on loopback, OTLP in, a counting
// OTLP sink behind it. E2E_COLLECTOR names the binary; `make e2e` sets it. E2E_SOAK
// (10m) says for how long hostile telemetry is sent to one; without it none is.
package collector

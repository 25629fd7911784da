// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package harness drives a built collector from outside: it makes a load of
// traces and logs, sends it over OTLP, receives what comes out in a counting sink,
// and says which traces must have come out. It knows nothing of the processor's
// code, only its promises.
package harness

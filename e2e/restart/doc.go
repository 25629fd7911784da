// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package restart holds what the processor promises of its end and its next start: the
// built collector as a process that is killed, stopped and reloaded under load, before
// it a sender that tries again, behind it a sink that outlives it. E2E_COLLECTOR names
// the binary; E2E_KILLS is how often it is killed, of which every tenth time is during
// recovery (5; a long run has 50).
package restart

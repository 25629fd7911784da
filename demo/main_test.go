// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"os"
	"testing"
)

// The demo starts its services from its own binary, and in these tests that is
// the test binary; it plays the collector, too.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		if commands[os.Args[1]] != nil {
			main()
			return
		}
		if os.Args[1] == "--config" {
			playCollector(os.Args[2])
			return
		}
	}
	os.Exit(m.Run())
}

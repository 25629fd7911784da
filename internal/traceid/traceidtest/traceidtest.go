// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package traceidtest says what is true of every trace id that was read from a text.
package traceidtest

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/otelcol-correlation/correlationprocessor/internal/traceid"
)

// Check fails the test if what was read from the text contradicts itself or was invented: the digits of an id in hex
// stand in the text.
func Check(t *testing.T, text string, c traceid.Context, r traceid.Reason) {
	t.Helper()
	if r != traceid.Found {
		if c != (traceid.Context{}) {
			t.Fatalf("%s with %+v", r, c)
		}
		return
	}
	if c.TraceID.IsZero() || c.Format == traceid.FormatNone || c.Format.String() == "unknown" {
		t.Fatalf("found %+v", c)
	}
	digits := strings.ToLower(strings.ReplaceAll(text, "-", ""))
	id := hex.EncodeToString(c.TraceID[:])
	switch c.Format {
	case traceid.FormatHex64, traceid.FormatB3, traceid.FormatSentry, traceid.FormatSpring, traceid.FormatNewRelic:
		if c.TraceID.High() == 0 {
			id = id[16:]
		}
		id = strings.TrimLeft(id, "0")
	case traceid.FormatW3CHex:
		id = strings.TrimLeft(id, "0")
	case traceid.FormatTraceparent, traceid.FormatUUID, traceid.FormatXRay, traceid.FormatGCP, traceid.FormatAppInsights:
	default:
		return // decimal, base 32, base 64, folded or hashed
	}
	if !strings.Contains(digits, id) {
		t.Fatalf("%s is not in %q", id, text)
	}
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/testkit/scrape"
)

func metrics(t *testing.T, lines ...string) scrape.Metrics {
	t.Helper()
	m, err := scrape.Parse(strings.NewReader("otelcol_processor_correlation_" + strings.Join(lines, "\notelcol_processor_correlation_") + "\n"))
	require.NoError(t, err)
	return m
}

// wellFormed reads a picture as XML and returns its text.
func wellFormed(t *testing.T, picture string) string {
	t.Helper()
	d := xml.NewDecoder(strings.NewReader(picture))
	var text strings.Builder
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return text.String()
		}
		require.NoError(t, err)
		if chars, ok := token.(xml.CharData); ok {
			text.Write(chars)
		}
	}
}

func TestPicturesSayWhatThePagesSay(t *testing.T) {
	page := metrics(t,
		`logs_received{service_name="<cart>"} 200`, `logs_missing_trace_id{service_name="<cart>",reason="absent"} 10`,
		`traces_checked{service_name="front",root="server"} 70`, `client_spans{service_name="front",peer="front"} 3`,
		`decisions{verdict="keep",rule="errors"} 5`, `decisions{verdict="drop",rule="default"} 65`, `traces_adjusted{rule="errors"} 5`,
	)
	text := wellFormed(t, missing(page))
	require.Contains(t, text, "<cart>")
	require.Contains(t, text, "5.0 %")
	require.Contains(t, text, "of 200 logs")
	text = wellFormed(t, begun(page))
	require.Contains(t, text, "70")
	require.Contains(t, text, "called 3 times by others")
	require.Contains(t, wellFormed(t, sampling([]scrape.Metrics{metrics(t, "x 1"), page})), "kept by errors")
}

func TestScalesAreNice(t *testing.T) {
	for in, want := range map[float64]float64{0.3: 0.5, 1: 1, 1.1: 2, 4: 5, 6: 10, 780: 1000} {
		require.InDelta(t, want, nice(in), 1e-9)
	}
}

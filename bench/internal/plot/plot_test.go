// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package plot

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/bench/internal/component"
)

func TestDrawIsXMLWithEveryPoint(t *testing.T) {
	svg := Draw(component.Measured{Points: []component.Point{
		{Peer: "ours_tail", Traces: 1e3, CPU: 1500, Live: 2e6, Rate: 85_000},
		{Peer: "ours_tail", Traces: 1e6, CPU: 1600, Live: 2e9, Rate: 86_000},
		{Peer: "tail_sampling", Traces: 1e5, CPU: 9000, Live: 9e8, Rate: 84_000},
		{Peer: "tail_sampling", Traces: 4e5, CPU: 30_000, Live: 9e9, Rate: 40_000},
	}, Versions: "built with both"})
	assert.Contains(t, svg, "built with both")
	d := xml.NewDecoder(strings.NewReader(svg))
	circles := 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		require.NoError(t, err)
		if e, ok := token.(xml.StartElement); ok && e.Name.Local == "circle" {
			circles++
		}
	}
	assert.Equal(t, 2*3, circles, "each point in both panels, but for one that did not keep up")
}

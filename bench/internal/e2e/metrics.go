// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package e2e

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// metrics are the sums of all series of each metric of a collector's page.
type metrics map[string]float64

// readMetrics reads a metrics page.
func readMetrics(ctx context.Context, url string) (metrics, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return nil, err
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	return parseMetrics(response.Body)
}

// parseMetrics reads the text format as far as sums need it: each line is a
// name, labels in braces or none, and a value.
func parseMetrics(r io.Reader) (metrics, error) {
	m := metrics{}
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		line := lines.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		end := strings.IndexAny(line, "{ ")
		last := strings.LastIndexByte(line, ' ')
		if end < 0 {
			return nil, fmt.Errorf("metrics page: no value in %q", line)
		}
		value, err := strconv.ParseFloat(line[last+1:], 64)
		if err != nil {
			return nil, fmt.Errorf("metrics page: %w in %q", err, line)
		}
		m[line[:end]] += value
	}
	return m, lines.Err()
}

// of is a metric of the processor; counters appear with their first count.
func (m metrics) of(name string) int64 {
	name = "otelcol_processor_correlation_" + name
	if v, ok := m[name+"_total"]; ok {
		return int64(v)
	}
	return int64(m[name])
}

// tally is what the processor says became of one signal's items.
type tally struct{ Received, Kept, Dropped, Refused, Held int64 }

func (m metrics) tally(signal string) tally {
	return tally{
		m.of(signal + "_received"), m.of(signal + "_kept"), m.of(signal + "_dropped"),
		m.of(signal + "_refused"), m.of(signal + "_held"),
	}
}

// balanced reports whether every item has one fate, and those that were not
// refused are the acknowledged ones.
func (t tally) balanced(acknowledged int64) bool {
	return t.Received == t.Kept+t.Dropped+t.Refused+t.Held && t.Received-t.Refused == acknowledged
}

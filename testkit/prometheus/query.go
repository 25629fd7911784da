// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package prometheus

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
)

// Sample is a series with its value.
type Sample struct {
	Labels map[string]string
	Value  float64
}

// Query returns what an instant query gives now at a Prometheus, or what speaks its API.
func Query(ctx context.Context, server, query string) ([]Sample, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, server+"/api/v1/query", strings.NewReader(url.Values{"query": {query}}.Encode()))
	if err != nil {
		return nil, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return nil, err
	}
	defer func() { _ = resp.Body.Close() }()
	var a struct {
		Status, Error string
		Data          struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any // time and value
			}
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&a); err != nil {
		return nil, fmt.Errorf("%s answered %s: %w", server, resp.Status, err)
	}
	if a.Status != "success" {
		return nil, fmt.Errorf("%s: %s", server, a.Error)
	}
	var out []Sample
	for _, series := range a.Data.Result {
		text, _ := series.Value[1].(string)
		value, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return nil, fmt.Errorf("%v: %w", series.Metric, err)
		}
		out = append(out, Sample{series.Metric, value})
	}
	return out, nil
}

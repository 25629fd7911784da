// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/testkit/collector"
)

// A config that cannot be meant is refused, in words that name the key and the
// value; of a value that is not even of the key's type the collector's decoder
// names the type alone. Each case is one wrong setting over a config that is right.
func TestBadConfigIsRefusedByKeyAndValue(t *testing.T) {
	cases := map[string]struct {
		correlation string
		says        []string
	}{
		"unknown key":              {`{decision_weight: 10s}`, []string{"decision_weight"}},
		"unknown nested key":       {`{sampling: {percentage: 1}}`, []string{"sampling", "percentage"}},
		"negative wait":            {`{decision_wait: -1s}`, []string{"decision_wait", "-1s"}},
		"negative wait after root": {`{decision_wait_after_root: -2s}`, []string{"decision_wait_after_root", "-2s"}},
		"negative join wait":       {`{logs: {join_wait: -3s}}`, []string{"logs", "join_wait", "-3s"}},
		"wait that is no duration": {`{decision_wait: soon}`, []string{"decision_wait", "duration"}},
		"percentage above 100":     {`{sampling: {sampling_percentage: 100.5}}`, []string{"sampling_percentage", "100.5"}},
		"percentage below 0":       {`{sampling: {sampling_percentage: -1}}`, []string{"sampling_percentage", "-1"}},
		"percentage not a number":  {`{sampling: {sampling_percentage: few}}`, []string{"sampling_percentage", "number", "few"}},
		"wait without unit":        {`{decision_wait: 10}`, []string{"decision_wait: 10 has no unit; write 10s"}},
		"unset variable":           {`{sampling: {sampling_percentage: "${env:CORRELATION_NOT_SET}"}}`, []string{"sampling::sampling_percentage has no value"}},
		"sampler without share":    {`{sampling: {rules: [{name: a, sampler: {type: probabilistic}}]}}`, []string{"sampling.rules[0].sampler", "sampling_percentage must be set"}},
		"no items per trace":       {`{max_items_per_trace: 0}`, []string{"max_items_per_trace", "0"}},
		"negative bytes":           {`{max_bytes: -5}`, []string{"max_bytes", "-5"}},
		"bytes in no known unit":   {`{max_bytes: 3 buckets}`, []string{"max_bytes", "3 buckets"}},
		"bad template":             {`{routes: {templates: ["/users/{id"]}}`, []string{"templates", "/users/{id"}},
		"bad template of a service": {
			`{routes: {services: {checkout: {templates: ["/cart/{"]}}}}`,
			[]string{"templates", "checkout", "/cart/{"},
		},
		"negative routes":        {`{routes: {max_routes: -7}}`, []string{"max_routes", "-7"}},
		"unknown http_route":     {`{routes: {http_route: sometimes}}`, []string{"http_route", "sometimes"}},
		"unknown raw_path":       {`{routes: {raw_path: shred}}`, []string{"raw_path", "shred"}},
		"list where a map is":    {`[1, 2]`, []string{"correlation"}},
		"string where a list is": {`{logs: {trace_id_attributes: {a: b}}}`, []string{"trace_id_attributes"}},
	}
	for name, bad := range cases {
		t.Run(name, func(t *testing.T) {
			output, err := validate(t, "testdata/collector.yaml", settings(bad.correlation))
			require.Error(t, err, "accepted: %s", bad.correlation)
			require.NotContains(t, output, "panic")
			for _, words := range bad.says {
				require.Contains(t, output, words)
			}
		})
	}
}

// The base of the cases above is right, so it is the setting that is refused.
func TestGoodConfigIsAccepted(t *testing.T) {
	for name, correlation := range map[string]string{
		"nothing set": `{}`,
		"everything set": `{
		  decision_wait: 5s, decision_wait_after_root: 1s, max_items_per_trace: 100, max_bytes: 64MiB,
		  routes: {
		    templates: ["GET /users/:id", "/repos/{owner}/{repo}"],
		    services: {checkout: {templates: ["/cart/{cart_id}"]}},
		    max_routes: 10, attribute: url.template, http_route: always, span_name: false, raw_path: drop},
		  logs: {
		    trace_id_attributes: [my.trace], trace_id_in_body: false,
		    join_attributes: [url.template], join_wait: 1s},
		  sampling: {sampling_percentage: 0.5, errors: false}}`,
		"plain bytes": `{max_bytes: 1048576}`,
		"short wait":  `{decision_wait: 500ms}`,
	} {
		t.Run(name, func(t *testing.T) {
			output, err := validate(t, "testdata/collector.yaml", settings(correlation))
			require.NoError(t, err, output)
		})
	}
}

// A refused config does not start, not even for a while.
func TestBadConfigDoesNotStart(t *testing.T) {
	endpoints, err := collector.NewEndpoints("127.0.0.1:1")
	require.NoError(t, err)
	bad := settings(`{sampling: {sampling_percentage: 101}}`)
	started, err := collector.Start(t.Context(), collector.Options{
		Binary: binary(t), Configs: []string{"testdata/collector.yaml", bad}, Endpoints: endpoints,
	})
	if err == nil {
		started.Kill()
	}
	require.ErrorContains(t, err, "sampling_percentage")
	require.ErrorContains(t, err, "101")
}

// Where the heap may take what is held outside it, the log says so at start.
func TestMemoryThatCannotBeHadIsWarnedOf(t *testing.T) {
	for heap, warned := range map[string]bool{"1TiB": true, "64MiB": false} {
		t.Run(heap, func(t *testing.T) {
			rig := startTogether(t, plan{
				configs: func(collector.Endpoints) []string {
					return []string{"testdata/collector.yaml", settings(`{max_bytes: 16MiB}`)}
				},
				env: []string{"GOMEMLIMIT=" + heap},
			})[0]
			require.Equal(t, warned, strings.Contains(rig.collector.Output(), "held data lies outside Go's heap"))
		})
	}
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

func TestAnAttributeHasOneMeaning(t *testing.T) {
	for text, want := range map[string]string{
		// Written twice.
		"routes: {source_attribute: url.template}":                                `routes::source_attribute must not be "url.template": routes::attribute is`,
		"routes: {attribute: route, source_attribute: route}":                     `routes::source_attribute must not be "route": routes::attribute is`,
		"sampling: {rule_attribute: url.template}":                                `sampling::rule_attribute must not be "url.template": routes::attribute is`,
		"routes: {source_attribute: why}\nsampling: {rule_attribute: why}":        `sampling::rule_attribute must not be "why": routes::source_attribute is`,
		"routes: {source_attribute: http.route}":                                  `routes::source_attribute must not be "http.route"`,
		"sampling: {rule_attribute: http.route}":                                  `sampling::rule_attribute must not be "http.route"`,
		"sampling: {rule_attribute: sampling.threshold}":                          `sampling::rule_attribute must not be "sampling.threshold": the processor writes something else to it`,
		"sampling: {rule_attribute: sampling.dry_run.rule}":                       `sampling::rule_attribute must not be "sampling.dry_run.rule"`,
		"routes: {source_attribute: http.route.param.id}":                         `routes::source_attribute must not be "http.route.param.id"`,
		"routes: {attribute: log.count}":                                          `routes::attribute must not be "log.count"`,
		"routes: {attribute: http.route, http_route: never}":                      `routes::attribute must not be "http.route" with routes::http_route: never`,
		"routes: {attribute: url.path}":                                           `routes::attribute must not be "url.path": requests are read from it`,
		"routes: {attribute: http.target}":                                        `routes::attribute must not be "http.target": requests are read from it`,
		"routes: {source_attribute: url.full}":                                    `routes::source_attribute must not be "url.full"`,
		"routes: {source_attribute: http.request.method}":                         `routes::source_attribute must not be "http.request.method"`,
		"sampling: {rule_attribute: http.response.status_code}":                   `sampling::rule_attribute must not be "http.response.status_code"`,
		"routes: {attribute: http.path}":                                          `routes::attribute must not be "http.path": requests are read from it`,
		"logs: {path_attributes: [url.template]}":                                 `routes::attribute must not be "url.template": paths are read from it, it is among logs::path_attributes`,
		"logs: {path_attributes: [http.route]}":                                   `logs::path_attributes must not contain "http.route"`,
		"routes: {source_attribute: why}\nlogs: {path_attributes: [why]}":         `routes::source_attribute must not be "why"`,
		"routes: {attribute: trace_id}":                                           `routes::attribute must not be "trace_id": trace ids are read from it`,
		"routes: {source_attribute: traceparent}":                                 `routes::source_attribute must not be "traceparent"`,
		"logs: {trace_id_attributes: [my.id]}\nsampling: {rule_attribute: my.id}": `sampling::rule_attribute must not be "my.id": trace ids are read from it`,
		"logs: {request_id_attributes: [url.template]}":                           `routes::attribute must not be "url.template": ids of requests are read from it`,
		// Read for two things.
		"logs: {request_id_attributes: [trace_id]}":                                      `logs::request_id_attributes must not contain "trace_id": trace ids are read from it`,
		"logs: {request_id_attributes: [x-request-id, http.request.header.traceparent]}": `logs::request_id_attributes must not contain "http.request.header.traceparent"`,
		"logs: {request_id_attributes: [a], trace_id_attributes: [a]}":                   `logs::request_id_attributes must not contain "a", which logs::trace_id_attributes contains`,
		"logs: {trace_id_attributes: [path]}":                                            `logs::trace_id_attributes must not contain "path": requests are read from it`,
		"logs: {path_attributes: [where], trace_id_attributes: [where]}":                 `logs::trace_id_attributes must not contain "where", which logs::path_attributes contains`,
		"logs: {trace_id_attributes: [url.path]}":                                        `logs::trace_id_attributes must not contain "url.path": requests are read from it`,
		// No keys.
		`routes: {attribute: 'attributes["url.template"]'}`:                   `routes::attribute must have keys of attributes, such as url.template, got "attributes[\"url.template\"]"`,
		`sampling: {rule_attribute: 'span.attributes["rule"]'}`:               "sampling::rule_attribute must have keys of attributes",
		`logs: {join_attributes: ['span.attributes["url.template"]']}`:        "join_attributes must have keys of attributes",
		`logs: {trace_id_attributes: [" "]}`:                                  "trace_id_attributes must not contain an empty key",
		`sampling: {debug: {attribute: 'attributes["debug"]'}}`:               "debug::attribute must be the key of an attribute",
		`telemetry: {attributes: ['resource.attributes["service.version"]']}`: "attributes must have keys of attributes",
		// Labels.
		"telemetry: {attributes: [service_name]}":            "attributes must not contain service_name, which is the label service_name: every metric by service has service.name already",
		"telemetry: {attributes: [service.name]}":            "attributes must not contain service.name",
		"telemetry: {attributes: [service/name]}":            "attributes must not contain service/name",
		"telemetry: {attributes: [a.b, a_b]}":                `attributes must not contain a_b, which is the label a_b: "a.b" is that label, too`,
		"telemetry: {attributes: [a.b, a.b]}":                "attributes must not contain a.b",
		"telemetry: {attributes: [service.version, reason]}": "attributes must not contain reason, which is the label reason: metrics have a label reason of their own",
		// Settings without what they need.
		"telemetry: {integrity: false, heuristics: true}":                                    "heuristics needs integrity",
		"routes: {learn: {enabled: false, file: /tmp/routes.yaml}}":                          `learn::file needs learn::enabled: true, for nothing is learned without, got "/tmp/routes.yaml"`,
		"routes: {openapi_files: [testdata/shop.yaml], learn: {file: ./testdata/shop.yaml}}": `learn::file must not be one of openapi_files, got "./testdata/shop.yaml"`,
	} {
		t.Run(text, func(t *testing.T) {
			_, err := parse(text)
			require.ErrorContains(t, err, want)
		})
	}
}

func TestAttributesThatOnlyLookAlikeAreFine(t *testing.T) {
	for _, text := range []string{
		"routes: {attribute: http.route, http_route: always}",
		"routes: {attribute: http.route}",
		"routes: {attribute: route_pattern, source_attribute: route_source}\nsampling: {rule_attribute: sampling.rule}",
		"routes: {source_attribute: url.template.source}\nlogs: {join_attributes: [url.template, url.template.source]}",
		"logs: {request_id_attributes: [request_id, x-request-id, correlation_id]}",
		"logs: {path_attributes: [url.path, Request URI], trace_id_attributes: [Trace ID]}",
		"telemetry: {attributes: [service.version, deployment.environment.name]}",
		"telemetry: {integrity: false}",
		"routes: {learn: {file: /nowhere/routes.yaml}}", // found at start, where it is to be written
	} {
		_, err := parse(text)
		require.NoError(t, err, text)
	}
}

// No further label of a metric is one that it has already.
func TestAllLabelsOfMetricsAreKnown(t *testing.T) {
	text, err := os.ReadFile("../../metadata.yaml")
	require.NoError(t, err)
	var described struct {
		Attributes map[string]struct {
			Name string `yaml:"name_override"`
		}
	}
	require.NoError(t, yaml.Unmarshal(text, &described))
	require.NotEmpty(t, described.Attributes)
	for name, a := range described.Attributes {
		if a.Name != "" {
			name = a.Name
		}
		cfg := TelemetryConfig{Integrity: true, Attributes: []string{name}}
		require.ErrorContains(t, cfg.Validate(), "attributes must not contain "+name)
	}
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package observability holds what is published for Prometheus and Grafana to the
// metrics there are.
package observability

import (
	"encoding/json"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/stretchr/testify/require"
	"go.yaml.in/yaml/v3"
)

// prefix is what the Collector puts before the names in metadata.yaml.
const prefix = "otelcol_"

// metadata is the part of metadata.yaml that says which series there are.
type metadata struct {
	Attributes map[string]struct {
		NameOverride string `yaml:"name_override"`
	}
	Telemetry struct {
		Metrics map[string]struct {
			Description string
			Histogram   any
			Attributes  []string
		}
	}
}

func readYAML(t *testing.T, path string, into any) {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.NoError(t, yaml.Unmarshal(text, into))
}

// published returns the labels of every metric, as Prometheus sees them. Labels
// that the scrape or the user's telemetry.attributes add are there everywhere.
func published(t *testing.T) map[string][]string {
	t.Helper()
	var m metadata
	readYAML(t, "../metadata.yaml", &m)
	all := map[string][]string{}
	for name, metric := range m.Telemetry.Metrics {
		names := []string{"instance", "job", model.MetricNameLabel, "service_version"}
		for _, a := range metric.Attributes {
			if o := m.Attributes[a].NameOverride; o != "" {
				a = o
			}
			names = append(names, strings.ReplaceAll(a, ".", "_"))
		}
		if metric.Histogram == nil {
			all[prefix+name] = names
			continue
		}
		for _, part := range []string{"_bucket", "_sum", "_count"} {
			all[prefix+name+part] = append(slices.Clip(names), "le")
		}
	}
	return all
}

// rule is a recording or alerting rule.
type rule struct {
	Record, Alert, Expr string
	Annotations         map[string]string
}

func rules(t *testing.T) (recorded, alerts []rule) {
	t.Helper()
	read := func(path string) (out []rule) {
		var f struct{ Groups []struct{ Rules []rule } }
		readYAML(t, path, &f)
		for _, g := range f.Groups {
			out = append(out, g.Rules...)
		}
		require.NotEmpty(t, out)
		return out
	}
	return read("prometheus/rules.yaml"), read("prometheus/alerts.yaml")
}

// labelled is what is there to be queried: the metrics and what is recorded.
func labelled(t *testing.T) map[string][]string {
	t.Helper()
	known := published(t)
	recorded, _ := rules(t)
	for _, r := range recorded {
		known[r.Record] = nil
	}
	return known
}

// check parses a query and holds its names and labels to those there are. It
// returns the names.
func check(t *testing.T, known map[string][]string, query string) (names []string) {
	t.Helper()
	expr, err := parser.NewParser(parser.Options{}).ParseExpr(query)
	require.NoError(t, err, query)
	parser.Inspect(expr, func(n parser.Node, _ []parser.Node) error {
		v, ok := n.(*parser.VectorSelector)
		if !ok {
			return nil
		}
		require.Contains(t, known, v.Name, "no such metric: %s", query)
		names = append(names, v.Name)
		for _, m := range v.LabelMatchers {
			if known[v.Name] != nil {
				require.Contains(t, known[v.Name], m.Name, "%s has no such label: %s", v.Name, query)
			}
		}
		return nil
	})
	return names
}

// bylabels are the labels a query groups by, which its metrics must have.
func groupings(query string) (names []string) {
	for _, m := range regexp.MustCompile(`(?:by|on) \(([a-z_, ]+)\)`).FindAllStringSubmatch(query, -1) {
		names = append(names, strings.Split(m[1], ", ")...)
	}
	return names
}

func checkGroupings(t *testing.T, known map[string][]string, query string, names []string) {
	t.Helper()
	for _, label := range groupings(query) {
		found := false
		for _, n := range names {
			found = found || known[n] == nil || slices.Contains(known[n], label)
		}
		require.True(t, found, "nothing has the label %s: %s", label, query)
	}
}

func TestRulesNameOnlyWhatExists(t *testing.T) {
	known := labelled(t)
	recorded, alerts := rules(t)
	used := map[string]bool{}
	for _, r := range slices.Concat(recorded, alerts) {
		names := check(t, known, r.Expr)
		checkGroupings(t, known, r.Expr, names)
		for _, n := range names {
			used[n] = true
		}
	}
	for _, r := range recorded {
		if !used[r.Record] {
			require.Contains(t, []string{"correlation:traces_kept:ratio_rate5m", "correlation:traces_adjusted:ratio_rate1h", "correlation:called_service_traces:rate15m"}, r.Record, "recorded for nobody")
		}
	}
}

// panel is a part of the dashboard.
type panel struct {
	Type, Title, Description string
	FieldConfig              struct{ Defaults struct{ Unit string } }
	Links                    []struct{ URL string }
	Targets                  []struct {
		Expr, LegendFormat string
		Exemplar           bool
	}
}

type dashboard struct {
	Panels     []panel
	Templating struct {
		List []struct{ Name, Definition string }
	}
}

func readDashboard(t *testing.T) dashboard {
	t.Helper()
	text, err := os.ReadFile("grafana/correlation.json")
	require.NoError(t, err)
	var d dashboard
	require.NoError(t, json.Unmarshal(text, &d))
	return d
}

// grafana puts numbers in the place of Grafana's variables.
var grafana = strings.NewReplacer("$__rate_interval", "5m", "$__range", "1h", "$service", "cart")

var legendLabel = regexp.MustCompile(`\{\{(\w+)\}\}`)

func TestDashboardQueriesNameOnlyWhatExists(t *testing.T) {
	known := labelled(t)
	used := map[string]bool{}
	for _, p := range readDashboard(t).Panels {
		for _, target := range p.Targets {
			query := grafana.Replace(target.Expr)
			require.NotContains(t, query, "$", p.Title)
			names := check(t, known, query)
			checkGroupings(t, known, query, names)
			for _, m := range legendLabel.FindAllStringSubmatch(target.LegendFormat, -1) {
				require.True(t, slices.Contains(groupings(query), m[1]) || m[1] == "instance", "%s: the query has no %s for its legend", p.Title, m[1])
			}
			for _, n := range names {
				used[n] = true
			}
		}
	}
	for name := range published(t) {
		if !strings.HasSuffix(name, "_sum") && !strings.HasSuffix(name, "_count") && !undrawn[name] {
			require.True(t, used[name], "%s is drawn nowhere", name)
		}
	}
}

// undrawn are the metrics that have no panel.
var undrawn = map[string]bool{
	prefix + "processor_correlation_buffer_compressed_bytes": true,
	prefix + "processor_correlation_logs_joined":             true,
}

// exemplified are the metrics that carry exemplars, without the common prefix.
var exemplified = regexp.MustCompile(`_(client_without_server|late_item_age_bucket|log_span_dangling|logs_without_spans|propagation_broken|` +
	`span_clock_skew_bucket|spans_(bad_time|duplicate_id|orphan|remote_parent_unseen|zero_id)|` +
	`traces_(disconnected|multi_root|rootless|unchecked|without_logs))$`)

// What is drawn over time and has exemplars shows them, and nothing else asks for some.
func TestDashboardShowsExemplars(t *testing.T) {
	known, shown := labelled(t), map[string]bool{}
	for _, p := range readDashboard(t).Panels {
		for _, target := range p.Targets {
			names := check(t, known, grafana.Replace(target.Expr))
			has := p.Type == "timeseries" && slices.ContainsFunc(names, exemplified.MatchString)
			require.Equal(t, has, target.Exemplar, "%s: %s", p.Title, target.Expr)
			for _, n := range names {
				shown[n] = shown[n] || has
			}
		}
	}
	for name := range published(t) {
		require.True(t, shown[name] || !exemplified.MatchString(name), name)
	}
}

func TestEveryPanelExplainsItself(t *testing.T) {
	sections := sections(t)
	for _, p := range readDashboard(t).Panels {
		if p.Type == "row" {
			continue
		}
		require.NotEmpty(t, p.Description, p.Title)
		require.NotEmpty(t, p.FieldConfig.Defaults.Unit, p.Title)
		require.NotEmpty(t, p.Targets, p.Title)
		require.Len(t, p.Links, 1, p.Title)
		if _, anchor, ok := strings.Cut(p.Links[0].URL, "#"); ok {
			require.Contains(t, sections, anchor, p.Title)
		}
	}
}

// sections are the anchors of the runbook's headings.
func sections(t *testing.T) (anchors []string) {
	t.Helper()
	text, err := os.ReadFile("../docs/runbook.md")
	require.NoError(t, err)
	for _, m := range regexp.MustCompile(`(?m)^## (.+)$`).FindAllStringSubmatch(string(text), -1) {
		anchors = append(anchors, strings.ToLower(strings.ReplaceAll(m[1], " ", "-")))
	}
	return anchors
}

func TestEveryAlertHasASectionInTheRunbook(t *testing.T) {
	sections := sections(t)
	_, alerts := rules(t)
	for _, a := range alerts {
		require.Contains(t, sections, strings.ToLower(a.Alert))
		require.True(t, strings.HasSuffix(a.Annotations["runbook_url"], "/docs/runbook.md#"+strings.ToLower(a.Alert)), a.Alert)
	}
	for _, s := range sections {
		if strings.HasPrefix(s, "correlation") {
			require.True(t, slices.ContainsFunc(alerts, func(a rule) bool { return strings.ToLower(a.Alert) == s }), "%s is no alert", s)
		}
	}
}

// Each alert is tested to fire and, in the same or another case, not to.
func TestEveryAlertIsTested(t *testing.T) {
	var f struct {
		Tests []struct {
			Name          string
			AlertRuleTest []struct {
				Alertname string
				ExpAlerts []any `yaml:"exp_alerts"`
			} `yaml:"alert_rule_test"`
		}
	}
	readYAML(t, "prometheus/alerts_test.yaml", &f)
	fires, calm := map[string]bool{}, map[string]bool{}
	for _, test := range f.Tests {
		for _, a := range test.AlertRuleTest {
			fires[a.Alertname] = fires[a.Alertname] || len(a.ExpAlerts) > 0
			calm[a.Alertname] = calm[a.Alertname] || len(a.ExpAlerts) == 0
		}
	}
	_, alerts := rules(t)
	for _, a := range alerts {
		require.True(t, fires[a.Alert], "%s is not tested to fire", a.Alert)
		require.True(t, calm[a.Alert], "%s is not tested not to fire", a.Alert)
	}
}

// Every metric the runbook speaks of exists.
func TestDocumentsNameOnlyMetricsThatExist(t *testing.T) {
	var m metadata
	readYAML(t, "../metadata.yaml", &m)
	for _, path := range []string{"../docs/runbook.md", "../docs/observability.md", "../docs/storage.md", "../docs/test-oracle.md"} {
		text, err := os.ReadFile(path)
		require.NoError(t, err)
		for _, found := range regexp.MustCompile("`([a-z]+_[a-z_]+)(?:\\{[^`]*\\})?`").FindAllStringSubmatch(string(text), -1) {
			name := strings.TrimPrefix(found[1], prefix+"processor_correlation_")
			_, metric := m.Telemetry.Metrics["processor_correlation_"+name]
			require.True(t, metric || otherNames[name], "%s: %s is no metric", path, name)
		}
	}
}

// otherNames are names in the documents that are none of metrics.
var otherNames = map[string]bool{
	"decision_wait": true, "decision_wait_after_root": true, "max_bytes": true, "max_routes": true, "max_items_per_trace": true, "service_name": true,
	"service_version": true, "rv_conflict": true, "th_inconsistent": true, "trace_id_truncated": true, "flags_inconsistent": true,
	"": true, "sending_queue": true, "invalid_zero": true, "no_end": true, "no_start": true, "too_long": true, "slower_than": true, "end_before_start": true, "export_failed": true, "without_type_suffix": true,
	"metric_name_escaping_scheme": true, "without_units": true, "trace_id_attributes": true, "trace_id": true, "load_balancing": true, "span_times": true, "always_on": true, "request_id_attributes": true,
	"rate_limiting": true, "metadata_keys": true, "drain_on_shutdown": true, "shutdown_timeout": true,
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package observability

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/testkit/collector"
	"github.com/otelcol-correlation/correlationprocessor/testkit/process"
	"github.com/otelcol-correlation/correlationprocessor/testkit/prometheus"
	"github.com/otelcol-correlation/correlationprocessor/testkit/scrape"
)

const (
	// window is what all ranges become: the demo lasts a minute.
	window = 20 * time.Second
	// pageLimit is how long the demo may take until its collector has a metrics page.
	pageLimit = time.Minute
)

// flaws are the alerts that the demo's flaws raise, each with its service. The storefront's
// goroutine without a context loses fewer ids than an alert is worth.
var flaws = []string{"CorrelationLogsMissingTraceID catalog", "CorrelationLogsMissingTraceID orders"}

// What is published works with real servers of both major versions, which name labels
// differently by default: while the demo runs, each query has a series for each service
// that its metrics have, and its flaws raise their alerts and no other.
func TestRealServersUnderstandWhatIsPublished(t *testing.T) {
	binary, demo, servers := os.Getenv("LIVE_COLLECTOR"), os.Getenv("LIVE_DEMO"), strings.Fields(os.Getenv("LIVE_PROMETHEUS"))
	if binary == "" {
		t.Skip("LIVE_COLLECTOR is not set; make live sets it")
	}
	addresses, err := collector.FreeAddresses(1)
	require.NoError(t, err)
	shop, err := process.Start("the demo", demo, []string{
		"run", "--collector", binary, "--config", "../examples/quickstart/config.yaml", "--metrics", addresses[0],
		"--requests", "6000", "--duration", "60s",
	}, nil)
	require.NoError(t, err)
	t.Cleanup(shop.Kill)
	require.Eventually(t, func() bool {
		_, err := scrape.Page(t.Context(), "http://"+addresses[0]+"/metrics")
		return err == nil
	}, pageLimit, 100*time.Millisecond, shop.Output)
	running := map[string]*prometheus.Server{}
	for _, server := range servers {
		s, err := prometheus.Start(t.Context(), prometheus.Options{
			Binary: server, Target: addresses[0], Window: window, Rules: []string{"prometheus/rules.yaml", "prometheus/alerts.yaml"},
		})
		require.NoError(t, err)
		t.Cleanup(func() { require.NoError(t, s.Stop()) })
		running[server[strings.LastIndexByte(server, '/')+1:]] = s
	}
	<-shop.Exited()
	require.NoError(t, shop.Failure())
	for name, s := range running {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, []string{"catalog", "orders", "storefront"}, servicesOf(t, s, prefix+"processor_correlation_spans_received"))
			for what, query := range queries(t) {
				checkLive(t, s, what, query)
			}
			fired, err := s.Fired(t.Context())
			require.NoError(t, err)
			require.Equal(t, flaws, fired)
			require.Contains(t, servicesOf(t, s, "correlation:called_service_traces:rate15m"), "catalog", "the storefront has a client that is not wrapped")
			lost, err := prometheus.Query(t.Context(), s.URL(), `max_over_time(correlation:logs_missing_trace_id:ratio_rate5m{service_name="storefront"}[10m])`)
			require.NoError(t, err)
			require.Len(t, lost, 1)
			require.Positive(t, lost[0].Value)
		})
	}
}

// queries are those that return something also where all is well.
func queries(t *testing.T) map[string]string {
	t.Helper()
	gate, err := os.ReadFile("gate/canary.promql")
	require.NoError(t, err)
	// Without service.version, all of a service is one version, and no worse than itself.
	out := map[string]string{
		"gate": strings.NewReplacer("$service", "orders", "$new", "", "$old", "", "$window", "5m", "$min", "100").Replace(string(gate)),
	}
	recorded, _ := rules(t)
	for _, r := range recorded {
		out[r.Record] = r.Expr
	}
	for _, p := range readDashboard(t).Panels {
		for i, target := range p.Targets {
			out[fmt.Sprint(p.Title, " ", i)] = strings.ReplaceAll(grafana.Replace(target.Expr), `"cart"`, `".*"`)
		}
	}
	return out
}

// checkLive sees that a query had a series, and if it groups by services, one for each
// that all of its metrics have.
func checkLive(t *testing.T, s *prometheus.Server, what, query string) {
	t.Helper()
	want := []string{"catalog", "orders", "storefront"}
	for _, name := range check(t, labelled(t), query) {
		has, err := prometheus.Query(t.Context(), s.URL(), fmt.Sprintf("max_over_time(%s[10m])", name))
		require.NoError(t, err)
		if len(has) == 0 {
			return // nothing in the demo counts there
		}
		if services := servicesOf(t, s, name); len(services) > 0 {
			want = slices.DeleteFunc(want, func(service string) bool { return !slices.Contains(services, service) })
		}
	}
	series, err := prometheus.Query(t.Context(), s.URL(), fmt.Sprintf("max_over_time((%s)[2m:2s])", prometheus.Shorten(query, window)))
	require.NoError(t, err, what)
	require.NotEmpty(t, series, "%s: %s", what, query)
	if !slices.Contains(groupings(query), "service_name") || strings.Contains(query, "label_replace(sum by (peer)") {
		return // of all services together, or of those alone that others call
	}
	for _, service := range want {
		require.True(t, slices.ContainsFunc(series, func(s prometheus.Sample) bool { return s.Labels["service_name"] == service }),
			"%s: no series for %s: %s", what, service, query)
	}
}

// servicesOf are the services that a metric has had series of.
func servicesOf(t *testing.T, s *prometheus.Server, metric string) (names []string) {
	t.Helper()
	series, err := prometheus.Query(t.Context(), s.URL(), fmt.Sprintf("group by (service_name) (max_over_time(%s[10m]))", metric))
	require.NoError(t, err)
	for _, one := range series {
		if name := one.Labels["service_name"]; name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

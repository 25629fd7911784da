// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"go.opentelemetry.io/otel/attribute"

	"github.com/otelcol-correlation/correlationprocessor"
)

// accessOf is a line of a proxy's access log with the header that came with the request,
// as nginx writes it by $http_traceparent: the span is that of the caller.
func accessOf(trace, caller int) func(plog.LogRecord) {
	return func(lr plog.LogRecord) {
		noID(lr)
		lr.Body().SetStr(fmt.Sprintf(`{"request":"GET /cart/7 HTTP/1.1","status":"200","traceparent":"00-%s-%s-01"}`, traceNumbered(trace), spanNumbered(caller)))
	}
}

func urlOf(host, path string) func(ptrace.Span) {
	return func(s ptrace.Span) {
		s.Attributes().PutStr("http.request.method", "GET")
		s.Attributes().PutInt("http.response.status_code", 200)
		s.Attributes().PutStr("server.address", host)
		s.Attributes().PutStr("url.full", "http://"+host+path)
	}
}

func pathOf(path string) func(ptrace.Span) {
	return func(s ptrace.Span) {
		s.Attributes().PutStr("http.request.method", "GET")
		s.Attributes().PutStr("url.path", path)
	}
}

// What real programs send that are well is no flaw, and is not among what flaws are
// measured by: none of these is lost, broken or missing.
func TestHealthyProgramsAreNotBroken(t *testing.T) {
	const page = 99 // a span of a browser, which never comes here
	tests := map[string]struct {
		scene func(*scene)
		want  map[string]int64
	}{
		"nginx before a service, its callers are traced": {func(sc *scene) {
			sc.log("nginx", 1, page, accessOf(1, page)).span("cart", 1, 1, page, server, flags(0x301)).log("cart", 1, 1, sampledLog)
		}, map[string]int64{
			"traces_checked{cart,none}": 1, "traces_with_logs{cart,true}": 1, "log_spans{cart,true}": 1,
			"traces_rootless{cart,remote}": 1, "spans_remote_parent_unseen{cart,server}": 1,
		}},
		"nginx that answers by itself": {func(sc *scene) {
			sc.log("nginx", 1, page, accessOf(1, page))
		}, map[string]int64{"traces_checked{nginx,none}": 1, "logs_without_spans{nginx,true}": 1}},
		"Caddy, whose log has the header of the request and whose span is its child": {func(sc *scene) {
			sc.log("caddy", 1, page, accessOf(1, page)).span("caddy", 1, 1, page, server, flags(0x301))
		}, map[string]int64{
			"traces_checked{caddy,none}": 1, "traces_with_logs{caddy,true}": 1, "log_spans{caddy,true}": 1,
			"traces_rootless{caddy,remote}": 1, "spans_remote_parent_unseen{caddy,server}": 1,
		}},
		"HotROD's mysql, which is client spans only": {func(sc *scene) {
			sc.span("customer", 1, 1, 0, server).span("mysql", 1, 2, 1, client, spanAttr("peer.service", "mysql")).log("customer", 1, 1)
		}, map[string]int64{"traces_checked{customer,server}": 1, "traces_with_logs{customer,true}": 1, "log_spans{customer,true}": 1}},
		"a database that a client span names like the service of its driver": {func(sc *scene) {
			sc.span("customer", 1, 1, 0, client, spanAttr("server.address", "redis")).span("redis", 1, 2, 1, client).
				span("customer", 2, 3, 0, client, spanAttr("server.address", "redis")).log("customer", 1, 1).log("customer", 2, 3)
		}, map[string]int64{"traces_checked{customer,client}": 2, "traces_with_logs{customer,true}": 2, "log_spans{customer,true}": 2}},
		"Prometheus scrapes etcd, which traces its API and not its metrics": {func(sc *scene) {
			sc.span("cart", 1, 1, 0, client, spanAttr("server.address", "etcd")).span("etcd", 1, 2, 1, server, spanAttr("rpc.service", "etcdserverpb.KV")).
				span("prometheus", 2, 3, 0, inner).span("prometheus", 2, 4, 3, client, urlOf("etcd", "/metrics")).
				log("cart", 1, 1).log("prometheus", 2, 3)
		}, map[string]int64{
			"traces_checked{cart,client}": 1, "traces_checked{prometheus,internal}": 1, "client_spans{cart,etcd}": 1,
			"traces_with_logs{cart,true}": 1, "traces_with_logs{prometheus,true}": 1, "log_spans{cart,true}": 1, "log_spans{prometheus,true}": 1,
		}},
		"a service that is scraped and probed begins traces of that": {func(sc *scene) {
			sc.span("cart", 1, 1, 0, server, pathOf("/metrics")).span("cart", 2, 2, 0, server, pathOf("/healthz")).
				span("cart", 3, 3, 0, server, pathOf("/cart/7")).log("cart", 1, 1).log("cart", 2, 2).log("cart", 3, 3)
		}, map[string]int64{
			"traces_checked{cart,probe}": 2, "traces_checked{cart,server}": 1,
			"traces_with_logs{cart,true}": 3, "log_spans{cart,true}": 3,
		}},
		"Postgres, which never has an id": {func(sc *scene) {
			sc.log("postgres", 1, 1, noID)
		}, map[string]int64{"logs_missing_trace_id{postgres,absent}": 1}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			bubbled(t, onePercent, func(t *testing.T, p *pipelines) {
				sc := newScene()
				tt.scene(sc)
				p.send(sc.td, sc.ld)
				time.Sleep(11 * time.Second)
				require.Equal(t, tt.want, p.findings(append(healthMetrics, "traces_checked", "traces_with_logs", "log_spans", "client_spans")...))
			})
		})
	}
}

// export is what one service's SDK sends at a time.
type export struct {
	at   time.Duration // since the beginning
	data any
}

// exports are those of three services for a minute of requests. Each SDK sends the spans
// that have ended every five seconds, and logs every second, at a time of its own. A
// request calls the second and the third service and ends after them; one in twenty takes
// ten seconds.
func exports(begin time.Time) (out []export) {
	rnd := rand.New(rand.NewPCG(5, 6))
	services := []string{"front", "orders", "stock"}
	phase := []time.Duration{0, 2500 * time.Millisecond, 4 * time.Second}
	next := func(t, every, phase time.Duration) time.Duration { return t + every - (t-phase+every)%every }
	for n := range 600 {
		start := time.Duration(n) * 100 * time.Millisecond
		took := time.Duration(rnd.Int64N(int64(time.Second)))
		if rnd.IntN(20) == 0 {
			took = 10 * time.Second
		}
		for i, service := range services {
			sc := &scene{td: ptrace.NewTraces(), ld: plog.NewLogs(), now: begin.Add(start)}
			ended := start + took - time.Duration(i)*took/10
			sc.span(service, n, i+1, i, server, func(s ptrace.Span) {
				s.SetStartTimestamp(sc.at(0))
				s.SetEndTimestamp(sc.at(int((ended - start) / time.Millisecond)))
			})
			sc.log(service, n, i+1, sampledLog)
			out = append(out, export{next(ended, 5*time.Second, phase[i]), sc.td}, export{next(ended, time.Second, phase[i]), sc.ld})
		}
	}
	slices.SortStableFunc(out, func(a, b export) int { return cmp.Compare(a.at, b.at) })
	return out
}

// By default nothing is late that SDKs send by their own defaults. If traces are decided
// two seconds after their root, more is late than CorrelationItemsLate lets pass.
func TestSDKsOwnDelaysAreNotLate(t *testing.T) {
	late := func(change func(*Config)) (share float64) {
		bubbled(t, func(c *Config) {
			own := correlationprocessor.NewFactory().CreateDefaultConfig().(*Config)
			c.DecisionWait, c.DecisionWaitAfterRoot, c.Logs.JoinWait, c.Hindsight = own.DecisionWait, own.DecisionWaitAfterRoot, own.Logs.JoinWait, own.Hindsight
			c.Sampling.SamplingPercentage = 10
			change(c)
		}, func(_ *testing.T, p *pipelines) {
			begin := time.Now()
			for _, e := range exports(begin) {
				time.Sleep(e.at - time.Since(begin))
				p.send(e.data)
			}
			share = float64(p.sum("spans_late")+p.sum("logs_late")) / float64(p.sum("spans_received")+p.sum("logs_received"))
		})
		return share
	}
	require.Zero(t, late(func(*Config) {}))
	require.Greater(t, late(func(c *Config) { c.DecisionWaitAfterRoot = 2 * time.Second }), 0.05)
}

// A service with more routes than max_routes uses more of that than
// CorrelationRoutesAtLimit lets pass, and one with many paths of few routes does not.
func TestTooManyRoutesShowInTheRoutesInUse(t *testing.T) {
	bubbled(t, func(c *Config) { c.Routes.MaxRoutes = 100 }, func(t *testing.T, p *pipelines) {
		used := func(service string) float64 {
			return float64(p.sum("route_patterns", attribute.String("service_name", service))) / float64(p.sum("route_limit"))
		}
		for n := range 2000 {
			sc := newScene()
			sc.span("well", 2*n, 1, 0, server, pathOf(fmt.Sprintf("/users/%d/%s", n, []string{"cart", "orders"}[n%2])))
			gateway := fmt.Sprintf("/svc-%c%c/", 'a'+n%20, 'a'+n/20%20)
			sc.span("sick", 2*n+1, 1, 0, server, pathOf(gateway+fmt.Sprint(n)), spanAttr("http.route", gateway+"{id}"))
			p.send(sc.td)
		}
		require.Greater(t, used("sick"), 0.9)
		require.Less(t, used("well"), 0.2)
	})
}

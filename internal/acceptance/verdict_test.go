// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules/request"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules/sampler"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// everything is a configuration in which every kind of rule is in force.
func everything(c *Config) {
	c.Sampling.SamplingPercentage = 20
	c.Sampling.Debug.Attribute = "debug"
	c.Sampling.SlowerThan = time.Second
	c.Sampling.Suppress = request.SuppressConfig{HealthChecks: true, StaticAssets: true}
	c.Sampling.RoutePercentages = map[string]float64{"/feed/{id}": 60, "GET /rare/{id}": 1}
	c.Sampling.Rules = []rules.RuleConfig{
		{Name: "never", Conditions: []string{`log.attributes["never"] == "1"`}, Sampler: sampler.Config{Type: sampler.NeverSample}},
		{Name: "pair", Conditions: []string{`span.attributes["a"] == "1"`, `log.attributes["b"] == "1"`}, Sampler: sampler.Config{Type: sampler.AlwaysSample}},
		{Name: "some", Conditions: []string{`span.name == "some"`}, Sampler: sampler.Config{Type: sampler.Probabilistic, SamplingPercentage: 50}},
		{
			Name: "adaptive", Conditions: []string{`span.attributes["kind"] != nil`},
			Sampler: sampler.Config{Type: sampler.AdaptivePercentage, GoalPercentage: 50, FingerprintAttributes: []string{"kind"}},
		},
	}
}

// The ways spans and log records can be; the first is the plain one.
var spanVariants = []func(ptrace.Span){
	func(ptrace.Span) {}, root, failed, took(time.Hour),
	get("/healthz"), get("/logo.png"), get("/feed/1"), get("/rare/1"), get("/home"),
	func(s ptrace.Span) { root(s); get("/healthz")(s) }, func(s ptrace.Span) { root(s); get("/rare/1")(s) },
	func(s ptrace.Span) { s.Attributes().PutStr("debug", "1") }, func(s ptrace.Span) { s.Attributes().PutStr("a", "1") },
	func(s ptrace.Span) { s.SetName("some") }, func(s ptrace.Span) { s.Attributes().PutStr("kind", "x") },
	func(s ptrace.Span) { root(s); s.Attributes().PutStr("kind", "y") },
	state("ot=rv:ffffffffffffff"), state("ot=rv:88888888888888"),
}

var logVariants = []func(plog.LogRecord){
	func(plog.LogRecord) {}, failedLog, accessLog("/healthz", 200), accessLog("/feed/1", 200), accessLog("/home", 500),
	logAttr("never", "1"), logAttr("b", "1"), logAttr("debug", "1"), logAttr(record.AttributeRandomness, "77777777777777"),
}

// piece is an item of the property test.
type piece struct {
	trace, item, variant int
	log                  bool
}

var pieces = rapid.Custom(func(t *rapid.T) piece {
	p := piece{
		trace: rapid.SampledFrom([]int{1, 2, 3, 100, 101}).Draw(t, "trace"),
		item:  rapid.IntRange(0, 9).Draw(t, "item"),
		log:   rapid.Bool().Draw(t, "log"),
	}
	n := len(spanVariants)
	if p.log {
		n = len(logVariants)
	}
	// Most items are plain, so that rules of every rank get to decide.
	if rapid.IntRange(0, 2).Draw(t, "plain") == 0 {
		p.variant = rapid.IntRange(0, n-1).Draw(t, "variant")
	}
	return p
})

// addTo adds the item to what is sent next.
func (pc piece) addTo(td ptrace.Traces, ld plog.Logs) {
	if pc.log {
		logOf(pc.trace, pc.item, logVariants[pc.variant]).ResourceLogs().MoveAndAppendTo(ld.ResourceLogs())
	} else {
		spanOf(pc.trace, pc.item, spanVariants[pc.variant]).ResourceSpans().MoveAndAppendTo(td.ResourceSpans())
	}
}

// fate is what came out of a trace: how much, and what is noted on it.
type fate struct {
	items int
	rule  string
}

// whatBecame returns what became of each trace, and checks that all of a trace has
// the same fate.
func whatBecame(t require.TestingT, p *pipelines, sent map[int]int) map[int]fate {
	out := map[int]fate{}
	note := func(id pcommon.TraceID, attrs pcommon.Map) {
		n := int(id[7]) - 1
		v, _ := attrs.Get("rule")
		f := out[n]
		if f.items > 0 {
			require.Equal(t, f.rule, v.Str(), "trace %d has two verdicts", n)
		}
		out[n] = fate{f.items + 1, v.Str()}
	}
	for _, s := range p.spans() {
		note(s.TraceID(), s.Attributes())
	}
	for _, lr := range p.records() {
		note(lr.TraceID(), lr.Attributes())
	}
	for n, f := range out {
		require.Equal(t, sent[n], f.items, "trace %d is kept in part", n)
	}
	return out
}

// run sends the pieces in order, in batches cut anywhere and with pauses between them,
// waits, and returns what came out.
func run(t *testing.T, rt *rapid.T, all []piece, pause func() time.Duration) (out map[int]fate) {
	sent := map[int]int{}
	for _, pc := range all {
		sent[pc.trace]++
	}
	synctest.Test(t, func(*testing.T) {
		p := newPipelines(rt, func(c *Config) { everything(c); c.Sampling.RuleAttribute = "rule" })
		defer p.shutdown()
		td, ld := ptrace.NewTraces(), plog.NewLogs()
		for i, pc := range all {
			pc.addTo(td, ld)
			wait := pause()
			if wait > 0 || i == len(all)-1 || rapid.IntRange(0, 3).Draw(rt, "cut") == 0 {
				p.send(td, ld)
				td, ld = ptrace.NewTraces(), plog.NewLogs()
			}
			time.Sleep(wait)
		}
		time.Sleep(11 * time.Second)
		out = whatBecame(rt, p, sent)
		p.conserved()
	})
	return out
}

// With rules of every kind in force, the verdict does not depend on the order in
// which a trace's items come, nor on repetition; and all of a trace shares it.
func TestVerdictsDoNotDependOnOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		all := rapid.SliceOfN(pieces, 1, 30).Draw(rt, "pieces")
		atOnce := func() time.Duration { return 0 }
		want := run(t, rt, all, atOnce)
		shuffled := rapid.Permutation(all).Draw(rt, "shuffled")
		again := rapid.SliceOfN(rapid.SampledFrom(all), 0, 10).Draw(rt, "again")
		got := run(t, rt, append(shuffled, again...), atOnce)
		require.Len(rt, got, len(want))
		for n, f := range want {
			require.Equal(rt, f.rule, got[n].rule, "trace %d", n)
		}
	})
}

// Ordinary items that come late, however late, share the verdict of their trace.
func TestLateItemsShareTheVerdict(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		all := rapid.SliceOfN(pieces, 1, 20).Draw(rt, "pieces")
		late := rapid.SliceOfN(rapid.SampledFrom(all), 1, 20).Draw(rt, "late")
		for i := range late {
			late[i].variant = 0
		}
		sent := 0
		run(t, rt, append(all, late...), func() time.Duration {
			if sent++; sent < len(all) {
				return 0
			}
			return time.Duration(rapid.IntRange(0, 30).Draw(rt, "seconds")) * time.Second
		})
	})
}

// Two collectors that see different halves of ordinary traces come to the same
// verdict on each, without a word between them.
func TestCollectorsAgreeOnHalves(t *testing.T) {
	const traces = 2000
	threshold, err := sampling.PercentageThreshold(20)
	require.NoError(t, err)
	synctest.Test(t, func(t *testing.T) {
		a, b := newPipelines(t, everything), newPipelines(t, everything)
		for n := range traces {
			id := randomTrace(n)
			a.send(spanOf(1, n, root, func(s ptrace.Span) { s.SetTraceID(id) }))
			b.send(spanOf(1, n, func(s ptrace.Span) { s.SetTraceID(id) }), logOf(1, n, func(lr plog.LogRecord) { lr.SetTraceID(id) }))
		}
		time.Sleep(11 * time.Second)
		kept := map[pcommon.TraceID]int{}
		for _, p := range []*pipelines{a, b} {
			for _, s := range p.spans() {
				kept[s.TraceID()]++
			}
			for _, lr := range p.records() {
				kept[lr.TraceID()]++
			}
			p.shutdown()
		}
		for n := range traces {
			want := 0
			if threshold.ShouldSample(sampling.IDRandomness(randomTrace(n))) {
				want = 3
			}
			require.Equal(t, want, kept[randomTrace(n)], "trace %d", n)
		}
	})
}

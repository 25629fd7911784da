// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package conditions

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/component/componenttest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

func newSet(t *testing.T) *Set {
	s, err := NewSet(componenttest.NewNopTelemetrySettings())
	require.NoError(t, err)
	return s
}

func parsed(t *testing.T, s *Set, text string, rule sampling.Match) *Condition {
	c, err := s.Parse(text, rule)
	require.NoError(t, err, text)
	return &c
}

// never fails a test in which a condition on a resource cannot be evaluated.
func never(t *testing.T) func(sampling.Match, error) {
	return func(_ sampling.Match, err error) { require.NoError(t, err) }
}

func aSpan(change func(ptrace.Span)) *Item {
	rs := ptrace.NewResourceSpans()
	rs.Resource().Attributes().PutStr("service.name", "cart")
	ss := rs.ScopeSpans().AppendEmpty()
	s := ss.Spans().AppendEmpty()
	s.SetName("span")
	s.SetParentSpanID(pcommon.SpanID{7: 1})
	change(s)
	var it Item
	it.EnterSpans(rs)
	it.Span(ss, s)
	return &it
}

func aLog(change func(plog.LogRecord)) *Item {
	rl := plog.NewResourceLogs()
	rl.Resource().Attributes().PutStr("service.name", "cart")
	sl := rl.ScopeLogs().AppendEmpty()
	lr := sl.LogRecords().AppendEmpty()
	lr.Body().SetStr("log")
	change(lr)
	var it Item
	it.EnterLogs(rl)
	it.Log(sl, lr)
	return &it
}

// The prefix of a path says what a condition looks at, and nothing else meets it.
func TestWhatConditionsLookAt(t *testing.T) {
	items := map[string]*Item{
		"span": aSpan(func(ptrace.Span) {}), "log": aLog(func(plog.LogRecord) {}),
		"vip span": aSpan(func(s ptrace.Span) { s.Attributes().PutStr("vip", "yes") }),
		"vip log":  aLog(func(lr plog.LogRecord) { lr.Attributes().PutStr("vip", "yes") }),
		"exploded": aSpan(func(s ptrace.Span) {
			s.Events().AppendEmpty().SetName("started")
			s.Events().AppendEmpty().SetName("exploded")
		}),
		"root": aSpan(func(s ptrace.Span) { s.SetParentSpanID(pcommon.SpanID{}) }),
	}
	for text, want := range map[string]struct {
		on  Context
		met []string
	}{
		`span.attributes["vip"] == "yes"`:               {OnSpan, []string{"vip span"}},
		`log.attributes["vip"] == "yes"`:                {OnLog, []string{"vip log"}},
		`spanevent.name == "exploded"`:                  {OnSpan, []string{"exploded"}},
		`resource.attributes["service.name"] == "cart"`: {OnResource, []string{"span", "log", "vip span", "vip log", "exploded", "root"}},
		`resource.attributes["service.name"] == "shop"`: {OnResource, nil},
		`IsRootSpan()`:                                   {OnSpan, []string{"root"}},
		`span.name == "span" and span.kind == 0`:         {OnSpan, []string{"span", "vip span", "exploded", "root"}},
		`log.body == "log" and not (log.body == "none")`: {OnLog, []string{"log", "vip log"}},
	} {
		s := newSet(t)
		c := parsed(t, s, text, 0)
		require.Equal(t, want.on, c.On(), text)
		for name, it := range items {
			s.Enter(it, never(t))
			met, err := c.Holds(it)
			require.NoError(t, err)
			require.Equal(t, slices.Contains(want.met, name), met, "%s of %s", text, name)
			it.Close()
		}
	}
}

// Conditions on resources are evaluated once for each, and one that fails is told of with
// its rule, once, and is not met by any item.
func TestConditionsOnResourcesThatFail(t *testing.T) {
	s := newSet(t)
	first := parsed(t, s, `resource.attributes["service.name"] == "cart"`, 3)
	bad := parsed(t, s, `Int(resource.attributes["service.name"]) / 0 > 1`, 5)
	last := parsed(t, s, `resource.attributes["service.name"] != nil`, 7)
	it := aSpan(func(ptrace.Span) {})
	var failed []sampling.Match
	s.Enter(it, func(rule sampling.Match, err error) {
		require.Error(t, err)
		failed = append(failed, rule)
	})
	for range 3 {
		for c, want := range map[*Condition]bool{first: true, bad: false, last: true} {
			met, err := c.Holds(it)
			require.NoError(t, err)
			require.Equal(t, want, met)
		}
	}
	require.Equal(t, []sampling.Match{5}, failed)
	it.Reset()
	rl := plog.NewResourceLogs()
	it.EnterLogs(rl)
	s.Enter(it, func(sampling.Match, error) {})
	met, err := last.Holds(it)
	require.NoError(t, err)
	require.False(t, met, "it is about another resource now")
}

// Conditions on items that fail are errors, and those on events are met by any event that
// does not fail.
func TestConditionsOnItemsThatFail(t *testing.T) {
	s := newSet(t)
	c := parsed(t, s, `Int(span.attributes["n"]) / Int(span.attributes["d"]) > 1`, 0)
	it := aSpan(func(s ptrace.Span) {
		s.Attributes().PutStr("n", "4")
		s.Attributes().PutStr("d", "0")
	})
	met, err := c.Holds(it)
	require.Error(t, err)
	require.False(t, met)
	onEvent := parsed(t, s, `Int(spanevent.attributes["n"]) / Int(spanevent.attributes["d"]) > 1`, 0)
	for d, want := range map[string]bool{"2": true, "8": false} {
		it := aSpan(func(s ptrace.Span) {
			for _, divisor := range []string{"0", d} {
				e := s.Events().AppendEmpty()
				e.Attributes().PutStr("n", "4")
				e.Attributes().PutStr("d", divisor)
			}
		})
		met, err := onEvent.Holds(it)
		require.Equal(t, want, met)
		require.Equal(t, want, err == nil, "an event that meets it outweighs one that fails")
	}
}

func TestConditionsOnTraces(t *testing.T) {
	s := newSet(t)
	var whole sampling.Trace
	whole.Add(&sampling.Part{Service: "cart", Root: true, Start: 1e18, End: 3e18})
	whole.Add(&sampling.Part{Service: "orders", Failed: true})
	whole.Add(&sampling.Part{Service: "cart", Log: true})
	for text, want := range map[string]bool{
		`trace.has_root == true`: true, `trace.span_count == 2`: true, `trace.log_count == 1`: true,
		`trace.error_count > 1`: false, `Len(trace.services) == 2`: true, `trace.duration > Duration("1h")`: true,
	} {
		c, err := s.Parse(text, 0)
		require.NoError(t, err)
		require.Equal(t, OnTrace, c.On())
		met, err := c.HoldsFor(&whole)
		require.NoError(t, err)
		require.Equal(t, want, met, text)
	}
	_, err := s.Parse(`trace.name == "x"`, 0)
	require.ErrorContains(t, err, `a trace has no "name"; it has trace.duration, trace.error_count`)
}

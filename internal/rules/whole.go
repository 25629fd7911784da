// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/ottlfuncs"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// traceContext is the OTTL context of conditions on a trace as a whole.
const traceContext = "trace"

// tracePaths are what such conditions can look at.
var tracePaths = map[string]func(*sampling.Trace) any{
	"has_root":    func(t *sampling.Trace) any { return t.HasRoot },
	"span_count":  func(t *sampling.Trace) any { return int64(t.Spans) },
	"log_count":   func(t *sampling.Trace) any { return int64(t.Logs) },
	"error_count": func(t *sampling.Trace) any { return int64(t.Errors) },
	"duration":    func(t *sampling.Trace) any { return t.Duration() },
	"services":    func(t *sampling.Trace) any { return names(t.Services) },
}

func names(list []string) pcommon.Slice {
	s := pcommon.NewSlice()
	s.EnsureCapacity(len(list))
	for _, name := range list {
		s.AppendEmpty().SetStr(name)
	}
	return s
}

// newTraceParser returns the parser of conditions on traces.
func newTraceParser(set component.TelemetrySettings) (ottl.Parser[*sampling.Trace], error) {
	return ottl.NewParser(ottlfuncs.StandardConverters[*sampling.Trace](), tracePath, set,
		ottl.WithPathContextNames[*sampling.Trace]([]string{traceContext}))
}

func tracePath(p ottl.Path[*sampling.Trace]) (ottl.GetSetter[*sampling.Trace], error) {
	get, ok := tracePaths[p.Name()]
	if !ok {
		return nil, fmt.Errorf("a trace has no %q; it has %s.%s", p.Name(), traceContext,
			strings.Join(slices.Sorted(maps.Keys(tracePaths)), ", "+traceContext+"."))
	}
	return ottl.StandardGetSetter[*sampling.Trace]{
		Getter: func(_ context.Context, t *sampling.Trace) (any, error) { return get(t), nil },
		Setter: func(context.Context, *sampling.Trace, any) error { return errors.New("a trace cannot be changed") },
	}, nil
}

// wholeRule is the conditions of a rule on traces as a whole, and the fact that all of
// them are met.
type wholeRule struct {
	match      sampling.Match
	conditions []*ottl.Condition[*sampling.Trace]
	fact       uint32
}

// failures counts conditions that could not be evaluated, by rule. It is safe for
// concurrent use.
type failures struct {
	mu     sync.Mutex
	byRule map[sampling.Match]int
}

func (f *failures) add(rule sampling.Match) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.byRule == nil {
		f.byRule = map[sampling.Match]int{}
	}
	f.byRule[rule]++
}

// take returns what was counted, and begins anew.
func (f *failures) take() map[sampling.Match]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := f.byRule
	f.byRule = nil
	return out
}

// AsksForWhole reports whether a rule asks for what traces are as a whole.
func (r *Rules) AsksForWhole() bool { return len(r.user.whole) > 0 }

// Whole returns the facts that a trace shows as a whole. A condition that cannot be
// evaluated is not met, whatever error_mode: the items came long ago.
func (r *Rules) Whole(t *sampling.Trace) (facts uint32) {
	for i := range r.user.whole {
		w := &r.user.whole[i]
		if r.meets(w, t) {
			facts |= w.fact
		}
	}
	return facts
}

func (r *Rules) meets(w *wholeRule, t *sampling.Trace) bool {
	for _, c := range w.conditions {
		met, err := c.Eval(context.Background(), t)
		if err != nil {
			r.user.failed.add(w.match)
		}
		if err != nil || !met {
			return false
		}
	}
	return true
}

// WholeFailed returns how many conditions on traces could not be evaluated since the
// last call, by rule.
func (r *Rules) WholeFailed() map[sampling.Match]int {
	if !r.AsksForWhole() {
		return nil
	}
	return r.user.failed.take()
}

// SpanPart returns what the span adds to its trace as a whole. Its resource was entered.
func (m *Matcher) SpanPart(s ptrace.Span, v *record.Span) sampling.Part {
	p := sampling.Part{Service: m.service, Root: s.ParentSpanID().IsEmpty(), Failed: record.SpanFailed(s, v)}
	if record.BrokenTimes(s) == "" {
		p.Start, p.End = uint64(s.StartTimestamp()), uint64(s.EndTimestamp())
	}
	return p
}

// LogPart does for log records what SpanPart does for spans.
func (m *Matcher) LogPart(lr plog.LogRecord, v *record.Log) sampling.Part {
	return sampling.Part{Service: m.service, Log: true, Failed: record.LogFailed(lr, v)}
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"cmp"
	"errors"
	"slices"
	"time"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules/fingerprint"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules/request"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
	"github.com/otelcol-correlation/correlationprocessor/internal/stamp"
)

// Rules is the sampling configuration compiled: the policy, and which of its
// rules stands for what. It is immutable.
//
// The user's rules go first, then evidence, then those of the user's that shall go after
// it, then the rules on requests, twice: those of the root span outrank those of spans and access logs further in. A trace is
// about the request that began it, and a probe of one service by another is no
// reason to lose the trace in which it happens.
type Rules struct {
	policy *sampling.Policy
	user   *userRules
	debug  debugRule
	// errors and slow are rules where failed and slowerThan are set, and linked is one
	// where links are followed.
	errors, slow sampling.Match
	linked       sampling.Match
	failed       bool
	slowerThan   time.Duration
	// root is for requests that began a trace, inner for all others.
	root, inner requestRules
	requests    bool // there are rules on requests
	probes      *request.Probes
	// patterns are the attributes in which an earlier tier may have written a pattern.
	patterns []string
	// readEdits: the user's rules look at what the processor writes to items
	// itself, so it is written before they do.
	readEdits bool
	stamp     stamp.Settings
	missing   contrib.Threshold // of log records without a trace id
	// sampleBy are what such records are drawn by together.
	sampleBy []fingerprint.Attribute
}

// Options are those of the processor's other settings that rules depend on.
type Options struct {
	// Written are the names of the attributes that the processor writes to
	// items itself.
	Written []string
	// Pattern is the one of them that has the route pattern; url.template is looked
	// at as well.
	Pattern string
	// MissingPercentage is the share that is kept of log records without a
	// trace id, between 0 and 100.
	MissingPercentage float64
	// Now is the clock of the samplers that go by time; nil for one that stands
	// still.
	Now func() time.Time
	// MissingSampleBy are the attributes by which such records are drawn together.
	MissingSampleBy []string
}

// New compiles a valid configuration. Its errors name the rule and the condition.
func New(cfg *Config, o Options, set component.TelemetrySettings) (*Rules, error) {
	l := ruleList{precision: cfg.SamplingPrecision}
	user, err := newUserRules(cfg, o.Now, set)
	if err != nil {
		return nil, err
	}
	if user.early, err = user.add(cfg, false, &l); err != nil {
		return nil, err
	}
	r := &Rules{user: user, slowerThan: cfg.SlowerThan, requests: cfg.requests()}
	r.addEvidence(cfg, &l)
	if user.late, err = user.add(cfg, true, &l); err != nil {
		return nil, err
	}
	if cfg.FollowLinks {
		r.linked = l.addLinked()
	}
	if err := r.addRequests(cfg, o, &l); err != nil {
		return nil, err
	}
	l.add(ruleDefault, cfg.SamplingPercentage)
	r.readEdits = cfg.readsEdits(o.Written)
	var err1, err2 error
	r.missing, err1 = sampling.PercentageThreshold(o.MissingPercentage)
	r.sampleBy, err2 = sampleBy(o.MissingSampleBy)
	r.policy, err = sampling.NewPolicy(l.list...)
	r.stamp = stamp.Settings{
		Policy: r.policy, Source: cfg.Randomness.source(), Unmarked: cfg.UpstreamUnmarked.unmarked(),
		Drops: canDrop(l.list), DryRun: cfg.DryRun, Attribute: cfg.RuleAttribute,
	}
	return r, errors.Join(err, err1, err2)
}

// addEvidence adds the rules that keep every trace they match.
func (r *Rules) addEvidence(cfg *Config, l *ruleList) {
	if cfg.tail() {
		r.debug = newDebugRule(&cfg.Debug, l)
	}
	if r.failed = cfg.Errors; r.failed {
		r.errors = l.add(ruleErrors, 100)
	}
	if cfg.SlowerThan > 0 {
		r.slow = l.add(ruleSlow, 100)
	}
}

// addRequests adds the rules on requests.
func (r *Rules) addRequests(cfg *Config, o Options, l *ruleList) (err error) {
	if r.probes, err = request.NewProbes(&cfg.Suppress); err != nil || !r.requests {
		return err
	}
	about, err := newSubjects(cfg, r.probes)
	if err != nil {
		return err
	}
	r.root = newRequestRules(cfg, about, l)
	r.inner = newRequestRules(cfg, about, l)
	r.patterns = slices.Compact([]string{cmp.Or(o.Pattern, conventionalPattern), conventionalPattern})
	return nil
}

// Policy returns the policy, which decides on traces by the findings of their items.
// Adaptive samplers keep to their goal before Start, and to their last rates after
// Stop.
func (r *Rules) Policy() *sampling.Policy { return r.policy }

// Stamp returns what is noted on items. It is the rules' own; the caller must not change
// it.
func (r *Rules) Stamp() *stamp.Settings { return &r.stamp }

// Linked is the rule of traces that are kept because they are joined to a kept one.
func (r *Rules) Linked() sampling.Match { return r.linked }

// Drops reports whether any trace can be dropped.
func (r *Rules) Drops() bool { return r.stamp.Drops }

// DryRun reports whether nothing is dropped whatever the verdict.
func (r *Rules) DryRun() bool { return r.stamp.DryRun }

// ReadsEdits reports whether the user's rules look at what the processor writes
// to items itself, so that it has to be written before they do.
func (r *Rules) ReadsEdits() bool { return r.readEdits }

// Start makes the rates of adaptive samplers follow the traffic, in goroutines that
// Stop ends. It is called once, before the policy decides anything.
func (r *Rules) Start() error { return r.user.start() }

// Stop ends the goroutines that Start began.
func (r *Rules) Stop() error { return r.user.stop() }

// KeysOverLimit yields, for each rule with an adaptive sampler, about how many
// fingerprints shared one rate in its last interval.
func (r *Rules) KeysOverLimit(yield func(rule string, keys int) bool) {
	for i, a := range r.user.adaptive {
		if !yield(r.policy.Rules()[r.user.rules[i]].Name, a.KeysOverLimit()) {
			return
		}
	}
}

// Waits reports whether a trace's later items can change its verdict.
func (r *Rules) Waits() bool { return r.policy.Waits() }

// Certain reports whether a rule keeps every trace it matches because it
// matches: the default rule does not, whatever its percentage.
func (r *Rules) Certain(m sampling.Match) bool {
	rule := &r.policy.Rules()[m]
	return rule.Rate == nil && rule.Threshold == contrib.AlwaysSampleThreshold && rule.Name != ruleDefault
}

// canDrop reports whether any trace can be dropped.
func canDrop(list []sampling.Rule) bool {
	for _, rule := range list {
		if rule.Rate != nil || rule.Threshold != contrib.AlwaysSampleThreshold {
			return true
		}
	}
	return false
}

// evidenceOfSpan returns the first rule that keeps every trace it matches which the
// span matches.
func (r *Rules) evidenceOfSpan(s ptrace.Span, v *record.Span) (rule sampling.Match, ok bool) {
	switch {
	case r.debug.span(s, v):
		return r.debug.match, true
	case r.failed && record.SpanFailed(s, v):
		return r.errors, true
	case r.slowerThan > 0 && record.Duration(s) > r.slowerThan:
		return r.slow, true
	}
	return 0, false
}

// evidenceOfLog does for log records what evidenceOfSpan does for spans.
func (r *Rules) evidenceOfLog(lr plog.LogRecord, v *record.Log) (rule sampling.Match, ok bool) {
	switch {
	case r.debug.log(lr, v):
		return r.debug.match, true
	case r.failed && record.LogFailed(lr, v):
		return r.errors, true
	}
	return 0, false
}

// requestOf returns the rule on requests that the span matches, or the default rule. Roots and the entry
// spans of services do, also where they are no request: they stand for what the trace
// is about. Spans of calls do not: the called service sends a span of its own.
func (r *Rules) requestOf(s ptrace.Span, v *record.Span, pattern string) sampling.Match {
	if !r.requests {
		return r.policy.Default()
	}
	rules := &r.root
	if !s.ParentSpanID().IsEmpty() {
		if s.Kind() != ptrace.SpanKindServer && s.Kind() != ptrace.SpanKindConsumer {
			return r.policy.Default()
		}
		rules = &r.inner
	}
	q := v.Request(s, pattern)
	if q.Path == "" {
		q.Pattern = r.notedPattern(s.Attributes(), q.Pattern)
	}
	return rules.match(&q)
}

// accessOf returns the rule on requests that the log record matches if it is an access
// log, or the default rule.
func (r *Rules) accessOf(lr plog.LogRecord, v *record.Log, pattern string) sampling.Match {
	if !r.requests || v.Method == "" && v.Status == 0 {
		return r.policy.Default()
	}
	q := v.Request(pattern)
	if q.Path == "" {
		q.Pattern = r.notedPattern(lr.Attributes(), pattern)
	}
	if !v.IsAccess(q.Pattern) {
		return r.policy.Default()
	}
	return r.inner.match(&q)
}

// conventionalPattern is the attribute of semantic conventions for a route pattern.
const conventionalPattern = "url.template"

// IsProbe reports whether the span is of a request by a health check or a metric scraper
// that was answered, whatever is suppressed.
func (r *Rules) IsProbe(s ptrace.Span, v *record.Span) bool {
	q := v.Request(s, "")
	return q.IsRequest() && r.probes.Asked(&q)
}

// notedPattern is the pattern that an earlier tier wrote to an item whose path it took
// away, or else the one given.
func (r *Rules) notedPattern(attrs pcommon.Map, pattern string) string {
	for _, key := range r.patterns {
		if v, ok := attrs.Get(key); ok && v.Type() == pcommon.ValueTypeStr && v.Str() != "" {
			return v.Str()
		}
	}
	return pattern
}

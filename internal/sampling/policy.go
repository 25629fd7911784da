// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package sampling

import (
	"errors"
	"fmt"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
)

// MaxRules is the largest number of rules a Policy holds, the default rule
// included: a packed verdict has nine bits for them.
const MaxRules = ruleMask

// ErrTooManyRules is returned by NewPolicy for more than MaxRules rules.
var ErrTooManyRules = errors.New("too many sampling rules")

// Rule is one line of a Policy. Its condition lives with the caller, which
// reports the first rule an item matches as a Match.
type Rule struct {
	// Name is the rule's name in telemetry.
	Name string
	// Threshold rejects traces whose randomness is below it: 0 keeps all,
	// contrib's NeverSampleThreshold keeps none.
	Threshold contrib.Threshold
	// Rate, if set, takes the place of Threshold: of the traces with the
	// fingerprint key it says how many make one kept, now. It is asked once
	// for each decision, with the number of items the trace has.
	Rate func(key uint64, items int) uint32
	// Take, if set, decides on traces whatever their randomness: it takes what a
	// trace costs from what the rule may keep and reports whether there was
	// enough. It is asked once for each trace; a size of 0 takes nothing. What
	// comes late for a kept trace is taken in any case (kept).
	Take func(size Size, kept bool) bool
	// Needs are the facts a trace must have shown to match the rule; 0 for a
	// rule that items match by themselves.
	Needs uint32
}

// Size is how much a trace, or the part of it that arrived, holds.
type Size struct {
	Spans, Logs int
	Bytes       int64 // of the records, as OTLP
}

// Items is the number of spans and logs.
func (s Size) Items() int { return s.Spans + s.Logs }

// Policy is an ordered list of rules, the last of which matches everything.
// It is immutable and safe for concurrent use.
type Policy struct {
	rules   []Rule
	settled []bool
	several []Match // the rules that need facts, in order
}

// NewPolicy returns the policy of the rules in order of precedence. The last
// one is the default and stands for every item that matches no other.
func NewPolicy(rules ...Rule) (*Policy, error) {
	if len(rules) == 0 {
		return nil, errors.New("a sampling policy needs a default rule")
	}
	if len(rules) > MaxRules {
		return nil, fmt.Errorf("%w: got %d, at most %d", ErrTooManyRules, len(rules), MaxRules)
	}
	p := &Policy{rules: rules, settled: make([]bool, len(rules))}
	for i := range rules {
		r := &rules[i]
		p.settled[i] = r.Rate == nil && r.Take == nil && (i == 0 || p.settled[i-1] && r.Threshold == rules[i-1].Threshold)
		if r.Needs != 0 {
			p.several = append(p.several, Match(i))
		}
	}
	return p, nil
}

// Rules returns the policy's rules; the caller must not change them.
func (p *Policy) Rules() []Rule { return p.rules }

// Default is the Match of an item that no rule but the default one matches.
func (p *Policy) Default() Match { return Match(len(p.rules) - 1) }

// Threshold is the threshold the verdict was reached with, contrib's
// NeverSampleThreshold where it was reached with none.
func (p *Policy) Threshold(v Verdict) contrib.Threshold {
	if v.Rate != 0 {
		return rateThreshold(v.Rate)
	}
	return p.rules[v.Rule].Threshold
}

// KeepsMore reports whether the verdict a was reached with a lower threshold than b.
func (p *Policy) KeepsMore(a, b Verdict) bool {
	return contrib.ThresholdLessThan(p.Threshold(a), p.Threshold(b))
}

// Rule returns the rule that decides a trace with the finding.
func (p *Policy) Rule(f Finding) Match {
	for _, m := range p.several {
		if m >= f.Match {
			break
		}
		if needs := p.rules[m].Needs; f.Facts&needs == needs {
			return m
		}
	}
	return f.Match
}

// Settled reports whether the verdict on a trace with the finding so far can no
// longer change: every rule that still might match first has the same
// threshold, so the same outcome.
func (p *Policy) Settled(f Finding) bool { return p.settled[p.Rule(f)] }

// Waits reports whether there are traces whose later items can change the verdict.
func (p *Policy) Waits() bool { return !p.settled[p.Default()] }

// Decide returns the verdict on a trace of the size with the finding. The trace is
// kept iff its randomness is not below the rule's threshold (OTEP-235) or, by a rule
// with a limit, while there is room.
func (p *Policy) Decide(f Finding, size Size, r contrib.Randomness) Verdict {
	v := Verdict{Rule: p.Rule(f)}
	rule := &p.rules[v.Rule]
	if rule.Take != nil {
		v.Keep = rule.Take(size, false)
		return v
	}
	if rule.Rate != nil {
		if v.Rule != f.Match {
			f.Key = 0 // of another rule
		}
		v.Rate = min(max(1, rule.Rate(f.Key, size.Items())), MaxRate)
	}
	v.Keep = p.Threshold(v).ShouldSample(r)
	return v
}

// Judged returns the verdict with the randomness it was reached by, if that is an
// explicit one and the verdict's threshold is noted on items.
func (p *Policy) Judged(v Verdict, r contrib.Randomness, explicit bool) Verdict {
	if !explicit {
		return v
	}
	if t := p.Threshold(v); t != contrib.AlwaysSampleThreshold && t != contrib.NeverSampleThreshold {
		v.Randomness, v.Explicit = r, true
	}
	return v
}

// Follow takes what arrived late for a trace with the verdict from what its rule may
// keep, if the rule has such a limit and has kept the trace.
func (p *Policy) Follow(v Verdict, size Size) {
	if take := p.rules[v.Rule].Take; take != nil && v.Keep {
		take(size, true)
	}
}

// Ordinary reports whether the verdict is the one that follows from a trace's
// randomness alone when no rule but the default one speaks of it: nobody needs
// to remember it.
func (p *Policy) Ordinary(v Verdict) bool {
	usual := &p.rules[p.Default()]
	rule := &p.rules[v.Rule]
	return v.Rate == 0 && usual.Rate == nil && rule.Take == nil && rule.Threshold == usual.Threshold
}

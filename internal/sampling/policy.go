// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package sampling

import (
	"errors"
	"fmt"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
)

// MaxRules is the largest number of rules a Policy holds, the default rule
// included. A remembered verdict is one byte: a Match and a keep bit.
const MaxRules = 127

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
}

// Match is the index of a rule in its Policy. A smaller one outranks a larger
// one, so what a trace's items say together is the smallest Match of them all;
// in which order they said it cannot matter.
type Match uint8

// Verdict is a trace's fate and the rule that decided it.
type Verdict struct {
	Keep bool
	Rule Match
}

// Policy is an ordered list of rules, the last of which matches everything.
// It is immutable and safe for concurrent use.
type Policy struct {
	rules   []Rule
	settled []bool
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
		p.settled[i] = i == 0 || p.settled[i-1] && rules[i].Threshold == rules[i-1].Threshold
	}
	return p, nil
}

// Rules returns the policy's rules; the caller must not change them.
func (p *Policy) Rules() []Rule { return p.rules }

// Default is the Match of an item that no rule but the default one matches.
func (p *Policy) Default() Match { return Match(len(p.rules) - 1) }

// Threshold is the threshold of the rule m.
func (p *Policy) Threshold(m Match) contrib.Threshold { return p.rules[m].Threshold }

// Settled reports whether the verdict on a trace whose best match so far is m
// can no longer change: every rule that still might match first has the same
// threshold, so the same outcome.
func (p *Policy) Settled(m Match) bool { return p.settled[m] }

// Decide returns the verdict on a trace whose best match is m. The trace is
// kept iff its randomness is not below the rule's threshold (OTEP-235).
func (p *Policy) Decide(m Match, r contrib.Randomness) Verdict {
	return Verdict{Keep: p.rules[m].Threshold.ShouldSample(r), Rule: m}
}

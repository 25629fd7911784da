// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"math/rand/v2"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules/fingerprint"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
	"github.com/otelcol-correlation/correlationprocessor/internal/stamp"
)

// MissingVerdict is the verdict on a log record without a trace id. The zero value is
// none: the record has a trace, or nothing decides on it, and it passes.
type MissingVerdict struct {
	by   missingDecider
	rule sampling.Match // of the user's, if that decided
	Keep bool
}

// missingDecider is what decides on a record without a trace id.
type missingDecider uint8

const (
	byNothing missingDecider = iota
	byPercentage
	byRule
)

// Decided reports whether anything decided on the record.
func (v MissingVerdict) Decided() bool { return v.by != byNothing }

// Dropped reports whether the record goes no further, unless in a dry run.
func (v MissingVerdict) Dropped() bool { return v.Decided() && !v.Keep }

// MissingRule returns what the rule that decided is called in telemetry.
func (r *Rules) MissingRule(v MissingVerdict) string {
	if v.by == byRule {
		return r.policy.Rules()[v.rule].Name
	}
	return stamp.RuleMissing
}

// SamplesMissing reports whether log records without a trace id are sampled.
func (r *Rules) SamplesMissing() bool { return r.missing != contrib.AlwaysSampleThreshold }

// DecidesMissing reports whether anything decides on log records without a trace id.
func (r *Rules) DecidesMissing() bool { return r.SamplesMissing() || r.user.any() }

// sampleBy are the attributes by which log records without a trace id are drawn
// together.
func sampleBy(texts []string) (attributes []fingerprint.Attribute, err error) {
	for _, text := range texts {
		a, ok := fingerprint.Parse(text)
		if !ok {
			return nil, fmt.Errorf("sample_by must be attribute keys such as request_id or paths such as "+
				`resource.attributes["request_id"]`+", got %q", text)
		}
		attributes = append(attributes, a)
	}
	return attributes, nil
}

// CheckSampleBy returns an error unless the texts are what log records can be drawn by.
func CheckSampleBy(texts []string) error {
	_, err := sampleBy(texts)
	return err
}

// MissingID decides on a log record without a trace id, as if it was a trace of its
// own. The user's rules go first; it is kept if it is evidence, and else by the
// percentage for such records. The randomness of a draw is written to it with the
// threshold. Its resource was entered; the pattern is that of its path.
func (m *Matcher) MissingID(sl plog.ScopeLogs, lr plog.LogRecord, v *record.Log, pattern string) MissingVerdict {
	r := m.rules
	if !r.DecidesMissing() {
		return MissingVerdict{}
	}
	f := m.Log(sl, lr, v, pattern)
	verdict, threshold := MissingVerdict{by: byPercentage, rule: r.policy.Rule(f)}, r.missing
	if r.user.has(verdict.rule) {
		verdict.by = byRule
	} else if !r.SamplesMissing() || r.Certain(verdict.rule) {
		return MissingVerdict{}
	}
	now := v.Sampling()
	random := m.draw(lr, &now)
	if verdict.by == byRule {
		own := r.policy.Decide(f, r.sizeAlone(verdict.rule, lr), random)
		verdict.Keep, threshold = own.Keep, r.policy.Threshold(own)
	} else {
		verdict.rule, verdict.Keep = 0, threshold.ShouldSample(random)
	}
	r.stamp.Alone(lr.Attributes(), stamp.Alone{
		Keep: verdict.Keep, Rule: r.MissingRule(verdict), Threshold: threshold, Randomness: random,
		Limited: verdict.by == byRule && r.policy.Rules()[verdict.rule].Take != nil,
	}, now)
	return verdict
}

// sizeAlone is the size of a record that is decided on by itself, in bytes too if the
// rule limits those.
func (r *Rules) sizeAlone(rule sampling.Match, lr plog.LogRecord) sampling.Size {
	size := sampling.Size{Logs: 1}
	if r.policy.Rules()[rule].Take != nil {
		size.Bytes = int64((&plog.ProtoMarshaler{}).LogRecordSize(lr))
	}
	return size
}

// draw returns the randomness of a record without a trace id: its own, or one that all
// records with the same values share, on every collector, or else a random one. That is
// not below the threshold that a stage before kept it with, for that had one like it.
func (m *Matcher) draw(lr plog.LogRecord, now *sampling.State) contrib.Randomness {
	if now.Explicit {
		return now.Randomness
	}
	if by := m.rules.sampleBy; len(by) > 0 {
		if shared, ok := fingerprint.Hash(by, fingerprint.Log(lr, m.it.Resource())); ok {
			return sampling.Randomness(shared)
		}
	}
	low := now.Threshold.Unsigned()
	return sampling.Randomness(low + rand.Uint64N(contrib.MaxAdjustedCount-low))
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"fmt"
	"math/rand/v2"

	"github.com/cespare/xxhash/v2"
	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// RuleMissing is the name in telemetry of the percentage of log records without a
// trace id.
const RuleMissing = "missing_trace_id"

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
	return RuleMissing
}

// SamplesMissing reports whether log records without a trace id are sampled.
func (r *Rules) SamplesMissing() bool { return r.missing != contrib.AlwaysSampleThreshold }

// DecidesMissing reports whether anything decides on log records without a trace id.
func (r *Rules) DecidesMissing() bool { return r.SamplesMissing() || r.user.any() }

// missingKeys are the attributes by which log records without a trace id are drawn
// together.
func missingKeys(sampleBy []string) (keys []fingerprint, err error) {
	for _, text := range sampleBy {
		key, bad := parseFingerprint(text)
		if bad != nil {
			return nil, fmt.Errorf("sample_by must be attribute keys such as request_id or paths such as "+
				`resource.attributes["request_id"]`+", got %q", text)
		}
		keys = append(keys, key)
	}
	return keys, nil
}

// CheckSampleBy returns an error unless the texts are what log records can be drawn by.
func CheckSampleBy(texts []string) error {
	_, err := missingKeys(texts)
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
	random := m.draw(lr, v)
	if verdict.by == byRule {
		threshold = r.policy.Threshold(r.policy.Decide(f, 1, random))
	} else {
		verdict.rule = 0
	}
	verdict.Keep = threshold.ShouldSample(random)
	m.explainMissing(lr, verdict, threshold, random)
	return verdict
}

// explainMissing writes the verdict to a record that is handed on.
func (m *Matcher) explainMissing(lr plog.LogRecord, v MissingVerdict, t contrib.Threshold, random contrib.Randomness) {
	if !v.Keep && !m.rules.dryRun {
		return
	}
	m.rules.explain(lr.Attributes(), v.Keep, m.rules.MissingRule(v), t)
	if !m.rules.dryRun && t != contrib.AlwaysSampleThreshold {
		lr.Attributes().PutStr(record.AttributeRandomness, random.RValue())
		noteThreshold(lr, t)
	}
}

// draw returns the randomness of a record without a trace id: its own, or one that all
// records with the same values share, or else a random one.
func (m *Matcher) draw(lr plog.LogRecord, v *record.Log) contrib.Randomness {
	if st := v.Sampling(); st.Explicit {
		return st.Randomness
	}
	m.it.record = lr
	if r, ok := m.common(); ok {
		return r
	}
	return sampling.Randomness(rand.Uint64())
}

// common returns a hash of the values that the record is drawn by, if it has any. Every
// collector finds the same.
func (m *Matcher) common() (r contrib.Randomness, ok bool) {
	if len(m.rules.missingKeys) == 0 {
		return r, false
	}
	var h xxhash.Digest
	h.Reset()
	for i := range m.rules.missingKeys {
		if v, has := m.rules.missingKeys[i].value(&m.it); has && v.AsString() != "" {
			_, _ = h.WriteString(v.AsString())
			ok = true
		}
		_, _ = h.Write([]byte{0})
	}
	return sampling.Randomness(h.Sum64()), ok
}

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
	now := v.Sampling()
	random := m.draw(lr, &now)
	if verdict.by == byRule {
		own := r.policy.Decide(f, r.sizeAlone(verdict.rule, lr), random)
		verdict.Keep, threshold = own.Keep, r.policy.Threshold(own)
	} else {
		verdict.rule, verdict.Keep = 0, threshold.ShouldSample(random)
	}
	m.explainMissing(lr, verdict, threshold, now, random)
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

// explainMissing writes the verdict to a record that is handed on, which said now of its
// sampling.
func (m *Matcher) explainMissing(lr plog.LogRecord, v MissingVerdict, t contrib.Threshold, now sampling.State, random contrib.Randomness) {
	r := m.rules
	if !v.Keep && !r.dryRun {
		return
	}
	text := thresholdText(t)
	if v.by == byRule {
		text = r.thresholdOf(v.rule, t)
	}
	r.explained(lr.Attributes(), v.Keep, r.MissingRule(v), text)
	if r.dryRun || t == contrib.AlwaysSampleThreshold {
		return
	}
	to := now
	if t != contrib.NeverSampleThreshold {
		to.Randomness, to.Explicit = random, true
	}
	to, _ = to.Keep(t, random, r.unmarked) // it is not below the threshold
	record.WriteSampling(lr.Attributes(), to, now)
}

// draw returns the randomness of a record without a trace id: its own, or one that all
// records with the same values share, or else a random one. That is not below the
// threshold that a stage before kept it with, for that had one like it.
func (m *Matcher) draw(lr plog.LogRecord, now *sampling.State) contrib.Randomness {
	if now.Explicit {
		return now.Randomness
	}
	m.it.record = lr
	if r, ok := m.common(); ok {
		return r
	}
	low := now.Threshold.Unsigned()
	return sampling.Randomness(low + rand.Uint64N(contrib.MaxAdjustedCount-low))
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

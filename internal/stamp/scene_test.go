// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package stamp

import (
	"encoding/binary"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// The rules of the tests' policy, in their order.
const (
	byErrors  sampling.Match = iota // keeps all
	byNever                         // keeps none
	byLimit                         // nobody knows how many
	byDefault                       // keeps a share
)

// keeping are the settings of a stage that keeps a percentage of ordinary traces,
// changed.
func keeping(t require.TestingT, percentage float64, change ...func(*Settings)) *Settings {
	share, err := sampling.PreciseThreshold(percentage, sampling.DefaultPrecision)
	require.NoError(t, err)
	how := &Settings{Drops: true, Source: sampling.SourceAuto, Unmarked: sampling.Unknown}
	how.Policy, err = sampling.NewPolicy(
		sampling.Rule{Name: "errors", Threshold: contrib.AlwaysSampleThreshold},
		sampling.Rule{Name: "never", Threshold: contrib.NeverSampleThreshold},
		sampling.Rule{Name: "limited", Threshold: contrib.NeverSampleThreshold, Take: func(sampling.Size, bool) bool { return true }},
		sampling.Rule{Name: "default", Threshold: share},
	)
	require.NoError(t, err)
	for _, f := range change {
		f(how)
	}
	return how
}

func unsampled(how *Settings) { how.Unmarked = sampling.Unsampled }

func dry(how *Settings) { how.DryRun = true }

func noted(how *Settings) { how.Attribute = "kept.by" }

// idNumbered is the id of the n-th trace. Numbers below 100 are below the threshold of
// 1 %, the others above it, so only the others are ordinarily kept.
func idNumbered(n int) (id pcommon.TraceID) {
	binary.BigEndian.PutUint64(id[:8], uint64(n)+1)
	if n >= 100 {
		binary.BigEndian.PutUint64(id[8:], uint64(0xff<<48)|uint64(n))
	} else {
		binary.BigEndian.PutUint64(id[8:], 1<<48|uint64(n)+1)
	}
	return id
}

func aSpan(trace int, change ...func(ptrace.Span)) ptrace.Span {
	s := ptrace.NewSpan()
	s.SetTraceID(idNumbered(trace))
	for _, c := range change {
		c(s)
	}
	return s
}

func aLog(trace int, change ...func(plog.LogRecord)) plog.LogRecord {
	lr := plog.NewLogRecord()
	lr.SetTraceID(idNumbered(trace))
	for _, c := range change {
		c(lr)
	}
	return lr
}

func state(text string) func(ptrace.Span) {
	return func(s ptrace.Span) { s.TraceState().FromRaw(text) }
}

func logAttr(key, value string) func(plog.LogRecord) {
	return func(lr plog.LogRecord) { lr.Attributes().PutStr(key, value) }
}

// text is an attribute, or "" where there is none.
func text(attrs pcommon.Map, key string) string {
	if v, ok := attrs.Get(key); ok {
		return v.AsString()
	}
	return ""
}

// kept is the verdict of a rule on a trace that it keeps.
func kept(rule sampling.Match) sampling.Verdict { return sampling.Verdict{Rule: rule, Keep: true} }

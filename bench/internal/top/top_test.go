// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package top

import (
	"strings"
	"testing"

	"github.com/google/pprof/profile"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// sample is one of a stack, the function that ran first.
func sample(n int64, stack ...string) *profile.Sample {
	s := &profile.Sample{Value: []int64{n}}
	for _, name := range stack {
		s.Location = append(s.Location, &profile.Location{Line: []profile.Line{{Function: &profile.Function{Name: name}}}})
	}
	return s
}

func TestShares(t *testing.T) {
	p := &profile.Profile{Sample: []*profile.Sample{
		sample(40, "runtime.memmove", module+"/internal/tracebuffer.(*shard).add", module+".(*batch).add"),
		sample(20, "runtime.mallocgc", "go.opentelemetry.io/collector/pdata/internal.(*Span).UnmarshalProto", module+"/bench/internal/component.(*producer).consume"),
		sample(10, "runtime.scanobject", "runtime.gcDrain", "runtime.mallocgc", module+".(*batch).add"),
		sample(20, module+".(*batch).readSpans"),
		sample(10, "runtime.futex"),
	}}
	assert.Equal(t, []share{
		{"internal/tracebuffer", 0.4},
		{"decoding and encoding", 0.2},
		{"the processor's root package", 0.2},
		{"the garbage collector", 0.1},
		{"the runtime, for nobody in particular", 0.1},
	}, shares(p, area))
	var out strings.Builder
	require.NoError(t, table(&out, "function", shares(p, function), 2))
	assert.Equal(t, 4, strings.Count(out.String(), "\n"))
}

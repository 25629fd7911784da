// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

import "testing"

var (
	sinkContext Context
	sinkReason  Reason
)

func BenchmarkParse(b *testing.B) {
	for _, c := range []struct {
		hint  Hint
		value string
	}{
		{HintNone, "4bf92f3577b34da6a3ce929d0e0e4736"},
		{HintNone, "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"},
		{HintNone, "de5980b8-fce3-4a37-aab9-b4ac3af7eedd"},
		{HintDatadog, "11803532876627986230"},
		{HintNone, "Root=1-58406520-a006649127e371903a2de979;Parent=53995c3f42cd8ad8;Sampled=1"},
		{HintThread, "de5980b8fce34a37aab9b4ac3af7eedd.1.16563474296430001"},
		{HintNone, "disabled"},
	} {
		b.Run(c.value, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				sinkContext, sinkReason = c.hint.Parse(c.value)
			}
		})
	}
}

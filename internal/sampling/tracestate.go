// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package sampling

import (
	"strings"

	contrib "github.com/open-telemetry/opentelemetry-collector-contrib/pkg/sampling"
)

// StateRandomness returns the explicit randomness (rv) of a W3C tracestate, and
// whether it has a valid one. Most tracestates have none, and telling that
// costs no parse.
func StateRandomness(tracestate string) (contrib.Randomness, bool) {
	if !strings.Contains(tracestate, "rv:") {
		return contrib.Randomness{}, false
	}
	w3c, err := contrib.NewW3CTraceState(tracestate)
	if err != nil {
		return contrib.Randomness{}, false
	}
	return w3c.OTelValue().RValueRandomness()
}

// Stamp returns the tracestate with the sampling threshold t noted in its ot
// section, and whether that changed it.
//
// A threshold is only ever raised: one already there that is higher says that
// an earlier stage kept less, and stays. t = 0 adds nothing: where no threshold
// is noted, how much an earlier stage kept is unknown, and a stage that keeps
// all does not make it known (OTEP-235, "Downstream samplers"). A tracestate
// that does not parse is left as it is.
func Stamp(tracestate string, t contrib.Threshold) (string, bool) {
	if t == contrib.AlwaysSampleThreshold {
		return tracestate, false
	}
	w3c, err := contrib.NewW3CTraceState(tracestate)
	if err != nil {
		return tracestate, false
	}
	if w3c.OTelValue().UpdateTValueWithSampling(t) != nil {
		return tracestate, false
	}
	var b strings.Builder
	if w3c.Serialize(&b) != nil {
		return tracestate, false
	}
	return b.String(), b.String() != tracestate
}

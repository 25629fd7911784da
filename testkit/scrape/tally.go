// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package scrape

// Tally is what the processor says became of one signal's items.
type Tally struct{ Received, Recovered, Kept, Dropped, Refused, Held int }

// Tally reads the tally of "spans" or "logs".
func (m Metrics) Tally(signal string) Tally {
	count := func(fate string) int { return int(m.Sum(signal + "_" + fate)) }
	return Tally{count("received"), count("recovered"), count("kept"), count("dropped"), count("refused"), count("held")}
}

// Balanced reports whether every item received, or recovered from storage, has exactly
// one fate.
func (t Tally) Balanced() bool {
	return t.Received+t.Recovered == t.Kept+t.Dropped+t.Refused+t.Held
}

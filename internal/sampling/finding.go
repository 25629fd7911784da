// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package sampling

// Match is the index of a rule in its Policy. A smaller one outranks a larger
// one, so a trace as a whole matches the smallest Match of its items, and their
// order cannot matter.
type Match uint16

// Finding is the rules that an item, or all items of a trace so far, match.
// The zero value is the strongest finding there is, so a Finding is never
// merged into a zero one.
type Finding struct {
	// Key is the fingerprint that the threshold of the rule Match goes by, if
	// it goes by one. Of several the smallest counts.
	Key uint64
	// Facts are the conditions met so far, of the rules that want several met
	// by whichever items. Rule.Needs has the bits of each rule.
	Facts uint32
	// Match is the first rule an item matched.
	Match Match
}

// Merge returns two findings on one trace as one. It is commutative,
// associative and idempotent.
func (f Finding) Merge(g Finding) Finding {
	f.Facts |= g.Facts
	switch {
	case g.Match < f.Match:
		f.Match, f.Key = g.Match, g.Key
	case g.Match == f.Match:
		f.Key = min(f.Key, g.Key)
	}
	return f
}

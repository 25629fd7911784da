// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

// maxPrunes is how often a literal may be cut off at its place. A word whose
// judgements contradict each other, say by the segment behind it, would
// otherwise be made and cut off for ever. A literal that is made once more stays:
// so a set of paths that repeats reaches a tree that does not change.
const maxPrunes = 8

// pruneLimit counts how often literals were cut off, by their place, which is the
// same when the nodes above were made anew. It is bounded: once it is full no
// other literal is cut off, until the next generation begins an empty one.
type pruneLimit struct {
	times map[uint64]uint8
	max   int
}

func newPruneLimit(limit int) pruneLimit { return pruneLimit{times: map[uint64]uint8{}, max: limit} }

// allow reports whether the literal at a place may be cut off.
func (k *pruneLimit) allow(spot uint64) bool {
	times := k.times[spot]
	return times < maxPrunes && (times > 0 || len(k.times) < k.max)
}

// note counts that it was cut off.
func (k *pruneLimit) note(spot uint64) {
	if k.allow(spot) {
		k.times[spot]++
	}
}

// relax forgets what was counted, if no room is left.
func (k *pruneLimit) relax() {
	if len(k.times) >= k.max {
		clear(k.times)
	}
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"math/rand/v2"
	"slices"
)

// Batch is what goes out in one request: items of one signal.
type Batch struct {
	Signal Signal
	Items  []Item
}

// Interleave returns the items in an order in which those of many traces lie
// mixed: it shuffles them within windows of so many items, so that a trace's
// items still come close to each other, as they do in life. A window as long as
// the load shuffles all of it.
func Interleave(items []Item, seed uint64, window int) []Item {
	random := rand.New(rand.NewPCG(seed, 1))
	mixed := slices.Clone(items)
	for part := range slices.Chunk(mixed, window) {
		random.Shuffle(len(part), func(i, j int) { part[i], part[j] = part[j], part[i] })
	}
	return mixed
}

// Batches cuts items, in their order, into batches of 1 to most items of one
// signal. A piece of the load that holds both signals becomes two batches.
func Batches(items []Item, seed uint64, most int) []Batch {
	random := rand.New(rand.NewPCG(seed, 2))
	var batches []Batch
	for len(items) > 0 {
		size := min(1+random.IntN(most), len(items))
		batches = append(batches, split(items[:size])...)
		items = items[size:]
	}
	return batches
}

func split(items []Item) []Batch {
	var spans, logs []Item
	for _, item := range items {
		if item.Signal == Spans {
			spans = append(spans, item)
		} else {
			logs = append(logs, item)
		}
	}
	var batches []Batch
	if len(spans) > 0 {
		batches = append(batches, Batch{Signal: Spans, Items: spans})
	}
	if len(logs) > 0 {
		batches = append(batches, Batch{Signal: Logs, Items: logs})
	}
	return batches
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// What the sender sends is what the sink counts, by the same keys: with nothing
// between them, every item arrives once, with its trace id wherever it was put
// into the record's field.
func TestSenderAndSinkAgree(t *testing.T) {
	sink, err := NewSink()
	require.NoError(t, err)
	t.Cleanup(sink.Close)
	sender, err := NewSender(sink.Addr())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, sender.Close()) })
	items := NewLoad(5, 200)

	acknowledged := 0
	count := func(batch Batch) { acknowledged += len(batch.Items) }
	require.NoError(t, sender.SendAll(t.Context(), Batches(items, 6, 50), 3, count))

	require.Equal(t, len(items), acknowledged)
	for _, item := range items {
		arrival := sink.Arrived(item.Signal)[item.Key]
		require.Equal(t, 1, arrival.Count, "%v %d", item.Signal, item.Key)
		if item.IDIn == InField {
			require.Equal(t, item.Trace, arrival.Trace)
		}
	}
	require.Len(t, sink.Arrived(Logs), len(items)-len(sink.Arrived(Spans)))
}

// A sender whose receiver is gone says so and acknowledges nothing more.
func TestSenderReportsAClosedReceiver(t *testing.T) {
	sink, err := NewSink()
	require.NoError(t, err)
	sender, err := NewSender(sink.Addr())
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, sender.Close()) })
	sink.Close()
	err = sender.SendAll(t.Context(), Batches(NewLoad(5, 10), 6, 50), 3, func(Batch) {
		t.Error("a batch was acknowledged by nobody")
	})
	require.Error(t, err)
}

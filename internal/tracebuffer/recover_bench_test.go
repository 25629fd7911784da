// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build linux || darwin

package tracebuffer

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// BenchmarkAddAndDropInStore is BenchmarkAddAndDrop in a store, on the disk of TMPDIR.
func BenchmarkAddAndDropInStore(b *testing.B) {
	benchmarkAddAndDrop(b, func(o *Options) {
		s := openStore(b, b.TempDir(), 10<<30)
		b.Cleanup(func() { require.NoError(b, s.Close()) })
		o.Storage = s
	})
}

// BenchmarkRecover is what it takes to have a gigabyte of records go on, of traces of eight
// records of 500 bytes that wait for their verdict, without what the root does for each.
func BenchmarkRecover(b *testing.B) {
	directory := inMemory(b)
	defer func() { require.NoError(b, os.RemoveAll(directory)) }()
	const size, batch = 4 << 30, 512
	s := openStore(b, directory, size)
	opts := Options{Policy: errorsAnd(b, 0), Wait: time.Hour, MaxItems: 1000, MaxBytes: 1 << 36, Storage: s}
	buf, err := New(opts)
	require.NoError(b, err)
	items, fates, records := make([]Item, batch), make([]Fate, batch), make([]byte, batch*500)
	envelope := buf.Intern(buf.Intern(nil, []byte("resource")), []byte("scope"))
	for n := 0; n < 2_000_000; n += batch {
		for i := range items {
			items[i] = itemOf((n+i)%250_000, 1, "")
			items[i].Envelope, items[i].Record = envelope, records[i*500:][:500]
			copy(items[i].Record, items[i].ID[:])
		}
		var out Outcome
		buf.Add(0, items, fates, &out)
	}
	require.NoError(b, buf.Close())
	require.NoError(b, s.Close())
	for b.Loop() { // each one leaves what the next one finds
		s := openStore(b, directory, size)
		opts.Storage = s
		began := time.Now()
		buf, err := New(opts)
		require.NoError(b, err)
		ready := time.Since(began)
		r := buf.Recover(&Recovery{
			Outlets: [signals]int{0, 1}, Held: func(Signal, int) {}, Now: func() time.Duration { return 0 }, CarryOut: func(*Outcome) {}, Stop: make(chan struct{}),
			Replay: func(_ Signal, _ *Envelope, records []Record) {
				for i, r := range records {
					items[i] = Item{ID: [16]byte(r.Data), Finding: sampling.Finding{Match: 1}, Record: r.Data, Envelope: r.Envelope, Origin: r.Origin}
				}
				var out Outcome
				buf.Add(0, items[:len(records)], fates[:len(records)], &out)
			},
		})
		b.ReportMetric(ready.Seconds()*1000, "ms-to-ready")
		require.Zero(b, r.Lost)
		require.NoError(b, buf.Close())
		require.NoError(b, s.Close())
		b.ReportMetric(float64(r.Bytes)/1e9, "GB")
	}
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

// adopted are records that wait for an outlet and do not lie in the log.
type adopted struct {
	records []Record
	count   int
	bytes   int64
	holds   []*Envelope // of the records, a reference each
}

// Adopt has records of one signal, and their companions, wait for the outlet as if their
// traces had been kept. They are the buffer's from then on, and count as held until they
// are Delivered.
func (b *Buffer) Adopt(outlet uint8, records []Record) {
	a := &adopted{records: records}
	var sig Signal
	for i := range records {
		r := &records[i]
		a.bytes += int64(len(r.Data)) + adoptedBytes
		if !r.Companion {
			sig = r.Signal
			a.count++
		}
		if n := len(a.holds); n == 0 || a.holds[n-1] != r.Envelope {
			a.holds = append(a.holds, b.Share(r.Envelope))
		}
	}
	b.held[sig].Add(int64(a.count))
	b.Linger(outlet, a.bytes)
	b.adopting.Lock()
	defer b.adopting.Unlock()
	b.adopted[outlet] = append(b.adopted[outlet], a)
}

// adoptedBytes is what an adopted record takes besides its data.
const adoptedBytes = 128

// Park adds n records, of so many bytes, that the caller holds to the account of what
// is held. Negative numbers end that.
func (b *Buffer) Park(sig Signal, n int, bytes int64) {
	b.held[sig].Add(int64(n))
	b.aside.Add(bytes)
}

// Linger adds so many bytes, which the caller holds, to what waits for the outlet. A
// negative number ends that.
func (b *Buffer) Linger(outlet uint8, bytes int64) {
	b.asides[outlet].Add(bytes)
	b.aside.Add(bytes)
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

// ticket is a trace's place in a queue: it is due at a time, or lies at a
// position. A ticket whose trace is gone, or has a newer ticket, is stale; who
// takes it from the queue asks the table.
type ticket struct {
	key uint64
	at  int64
}

// ticketBytes is the size of a ticket.
const ticketBytes = 16

// queue is a first-in first-out queue of tickets in a ring.
type queue struct {
	ring []ticket // a power of two long
	head int
	len  int
}

func (q *queue) push(t ticket) {
	if q.len == len(q.ring) {
		q.resize(max(64, 2*len(q.ring)))
	}
	q.ring[(q.head+q.len)&(len(q.ring)-1)] = t
	q.len++
}

// at returns the i-th oldest ticket, from 0; there must be as many.
func (q *queue) at(i int) ticket { return q.ring[(q.head+i)&(len(q.ring)-1)] }

func (q *queue) pop() {
	q.head = (q.head + 1) & (len(q.ring) - 1)
	q.len--
	if len(q.ring) > 4096 && q.len < len(q.ring)/8 {
		q.resize(len(q.ring) / 2)
	}
}

func (q *queue) resize(n int) {
	ring := make([]ticket, n)
	for i := range q.len {
		ring[i] = q.at(i)
	}
	q.ring, q.head = ring, 0
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

import "encoding/binary"

// Records lie in chains of fixed blocks cut from large chunks. Fixed blocks
// leave half a block unused per trace but can be reused the moment their trace
// is gone, whatever its neighbours do; a log of slabs would be pinned whole by
// its longest-lived trace.
const (
	blockSize    = 512
	blockLink    = 4 // the number of the next block, 0 at the end
	blockPayload = blockSize - blockLink
	chunkBlocks  = 512 // 256 KiB
)

// blocks hands out blocks of bytes. Block 0 is never used: it ends a chain.
type blocks struct {
	chunks [][]byte
	free   uint32 // head of the list of free blocks
	next   uint32 // the first block never used
	used   int
}

func (b *blocks) at(n uint32) []byte {
	off := n % chunkBlocks * blockSize
	return b.chunks[n/chunkBlocks][off : off+blockSize : off+blockSize]
}

func (b *blocks) link(n uint32) uint32 { return binary.LittleEndian.Uint32(b.at(n)[blockPayload:]) }

func (b *blocks) setLink(n, to uint32) { binary.LittleEndian.PutUint32(b.at(n)[blockPayload:], to) }

// take returns a block that links nowhere.
func (b *blocks) take() uint32 {
	b.used++
	if n := b.free; n != 0 {
		b.free = b.link(n)
		b.setLink(n, 0)
		return n
	}
	if b.next == 0 {
		b.next = 1
	}
	n := b.next
	b.next++
	if int(n/chunkBlocks) == len(b.chunks) {
		b.chunks = append(b.chunks, make([]byte, chunkBlocks*blockSize))
	}
	return n
}

// chain is a sequence of bytes in blocks. The zero value is empty.
type chain struct {
	first, last uint32
	fill        uint16 // bytes used of the last block
	blocks      uint32
}

// write appends p to the chain.
func (b *blocks) write(c *chain, p []byte) {
	for len(p) > 0 {
		if c.first == 0 || c.fill == blockPayload {
			b.extend(c)
		}
		n := copy(b.at(c.last)[c.fill:blockPayload], p)
		c.fill += uint16(n)
		p = p[n:]
	}
}

func (b *blocks) extend(c *chain) {
	n := b.take()
	if c.first == 0 {
		c.first = n
	} else {
		b.setLink(c.last, n)
	}
	c.last, c.fill = n, 0
	c.blocks++
}

// release gives the chain's blocks back, in constant time.
func (b *blocks) release(c *chain) {
	if c.first != 0 {
		b.setLink(c.last, b.free)
		b.free = c.first
		b.used -= int(c.blocks)
	}
	*c = chain{}
}

// appendTo appends the chain's bytes to dst.
func (b *blocks) appendTo(dst []byte, c chain) []byte {
	for n := c.first; n != 0; n = b.link(n) {
		if n == c.last {
			return append(dst, b.at(n)[:c.fill]...)
		}
		dst = append(dst, b.at(n)[:blockPayload]...)
	}
	return dst
}

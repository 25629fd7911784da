// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package integrity

import "unsafe"

// Links lie in chains of small blocks: most traces have few, and blocks can be
// reused the moment their trace is gone. Block 0 ends a chain.
const (
	blockLinks  = 4
	chunkBlocks = 256
	blockBytes  = int(unsafe.Sizeof(block{}))
)

type block struct {
	links [blockLinks]Link
	next  uint32
}

// links is the store of blocks. It has no pointers but those to its chunks.
type links struct {
	chunks [][]block
	free   uint32 // head of the list of free blocks
	made   uint32
	used   int
}

func (l *links) at(n uint32) *block { return &l.chunks[n/chunkBlocks][n%chunkBlocks] }

func (l *links) take() uint32 {
	l.used++
	if n := l.free; n != 0 {
		l.free = l.at(n).next
		l.at(n).next = 0
		return n
	}
	l.made++
	if int(l.made/chunkBlocks) == len(l.chunks) {
		l.chunks = append(l.chunks, make([]block, chunkBlocks))
	}
	return l.made
}

// push appends a link to the entry's chain.
func (l *links) push(e *entry, link *Link) {
	at := e.count % blockLinks
	if at == 0 {
		n := l.take()
		if e.first == 0 {
			e.first = n
		} else {
			l.at(e.last).next = n
		}
		e.last = n
	}
	l.at(e.last).links[at] = *link
	e.count++
}

// newest returns the entry's last link; it must have one.
func (l *links) newest(e *entry) *Link { return &l.at(e.last).links[(e.count-1)%blockLinks] }

// appendTo appends the entry's links to dst.
func (l *links) appendTo(dst []Link, e *entry) []Link {
	left := int(e.count)
	for n := e.first; left > 0; n = l.at(n).next {
		dst = append(dst, l.at(n).links[:min(left, blockLinks)]...)
		left -= blockLinks
	}
	return dst
}

// release gives the entry's blocks back, in constant time.
func (l *links) release(e *entry) {
	if e.first == 0 {
		return
	}
	l.at(e.last).next = l.free
	l.free = e.first
	l.used -= int(e.count+blockLinks-1) / blockLinks
	e.first, e.last, e.count = 0, 0, 0
}

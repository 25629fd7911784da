// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import "math/bits"

// arena is an array that one writer appends to and that others read without a
// lock: what lies in it never moves. Elements are named by their index; 0 names
// none. A reader that loads an index atomically, after the writer published it,
// sees a complete element. If T holds no pointers the garbage collector has
// nothing to mark but the chunks, whatever lies in them.
type arena[T any] struct {
	chunks [maxChunks][]T // each twice as long as the one before
	// used is the highest index given out, and length how many elements there is
	// memory for. Both are owned by the writer.
	used, length uint32
}

const (
	firstBits  = 5
	firstChunk = 1 << firstBits
	maxChunks  = 32 - firstBits
)

// chunkOf returns the chunk of an index, and its place there.
func chunkOf(i uint32) (chunk int, place uint32) {
	i += firstChunk
	n := bits.Len32(i) - 1
	return n - firstBits, i - 1<<n
}

// at returns the element of an index that was given out.
func (a *arena[T]) at(i uint32) *T {
	chunk, place := chunkOf(i)
	return &a.chunks[chunk][place]
}

// add appends an element that is zero.
func (a *arena[T]) add() (uint32, *T) {
	i := a.addRun(1)
	return i, a.at(i)
}

// addRun appends elements that lie side by side, and returns the index of the
// first. Their number is a power of two, as are the ends of the chunks, counted
// from firstChunk on.
func (a *arena[T]) addRun(length uint32) uint32 {
	i := ((a.used+firstChunk)/length+1)*length - firstChunk
	if chunk, _ := chunkOf(i); a.chunks[chunk] == nil {
		a.chunks[chunk] = make([]T, firstChunk<<chunk)
		a.length += firstChunk << chunk
	}
	a.used = i + length - 1
	return i
}

// run returns elements that addRun put side by side.
func (a *arena[T]) run(i, length uint32) []T {
	chunk, place := chunkOf(i)
	return a.chunks[chunk][place : place+length]
}

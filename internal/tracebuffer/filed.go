// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package tracebuffer

// Filed is how many bytes the records take of the store's files, 0 without one.
func (b *Buffer) Filed() (n int64) {
	b.eachShard(func(s *shard) { n += s.log.Usage().Filed })
	return n
}

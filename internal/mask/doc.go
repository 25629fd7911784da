// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package mask replaces raw paths in spans and logs: a [Masker] hides the values of a
// path wherever an item has them, a [Hasher] writes hashes in their place, and [Renamed]
// puts the pattern of a path in a span's name.
//
// Nothing here fails, and no text takes longer than its length and the path's allow: of
// a path that is too long to tell its segments apart, every word with a slash is hidden.
// What the caller passes is read and changed in the call and not kept.
package mask

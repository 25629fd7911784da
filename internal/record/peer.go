// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package record

import "hash/maphash"

// Peer is the other end of a span's request, read from old and new semantic
// conventions. The strings are borrowed.
type Peer struct {
	Service     string // the other service's name
	Address     string // of the server, whichever end that is
	Destination string // of a message
	Port        int    // of the server, or 0
	Header      Header // the propagation header that the span quotes
}

var addressSeed = maphash.MakeSeed()

// AddressOf is the hash of an address, or with port 0 of the name of a service or
// a host. It differs from process to process.
func AddressOf(host string, port int) uint64 {
	return maphash.String(addressSeed, host) + uint64(port)*0x9e3779b97f4a7c15
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package record

// Peer is what a span says of the other end of a request, in old and new
// semantic conventions. The strings are borrowed.
type Peer struct {
	Service     string // the other service's name
	Address     string // of the server, whichever end that is
	Destination string // of a message
	Port        int
	Header      Header
}

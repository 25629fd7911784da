// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package integrity

// Kind is the kind of a span, with OpenTelemetry's numbers, or that of a log.
type Kind uint8

// The kinds.
const (
	KindUnspecified Kind = iota
	KindInternal
	KindServer
	KindClient
	KindProducer
	KindConsumer
	KindLog
	// KindProbe is that of a root span with the flag Probe, in what is found.
	KindProbe
	kinds
)

// String returns the kind's name in telemetry.
func (k Kind) String() string {
	if k >= kinds {
		return "unspecified"
	}
	return [kinds]string{"unspecified", "internal", "server", "client", "producer", "consumer", "log", "probe"}[k]
}

// enters reports whether a span of the kind stands for a request that arrives from
// elsewhere, and leaves whether for one that goes elsewhere.
func (k Kind) enters() bool { return k == KindServer || k == KindConsumer }
func (k Kind) leaves() bool { return k == KindClient || k == KindProducer }

// Flags are facts about a link.
type Flags uint8

// The flags.
const (
	// RemoteKnown: the span says whether its parent is in another process,
	// and ParentRemote that it is.
	RemoteKnown Flags = 1 << iota
	ParentRemote
	// FlagsKnown: the item carries W3C trace flags, and Sampled that they have
	// the sampled bit.
	FlagsKnown
	Sampled
	// Failed: the span ended with an error.
	Failed
	// Probe: the span is of a request by a health check or a metric scraper, which
	// servers often do not trace.
	Probe
)

func (f Flags) has(bits Flags) bool { return f&bits == bits }

// Link is what is held of an item: its place in its trace. It has no pointer.
type Link struct {
	// Span is the span's id, or that of the span a log speaks of; 0 is none.
	Span uint64
	// Parent is the id of the span's parent, 0 for a root.
	Parent uint64
	// Start and End are Unix nanoseconds; a log has none.
	Start, End int64
	// Callee is the address of the service a client span calls, as Peers knows
	// it, or 0; of a log, the address of its own service.
	Callee uint64
	// Service is the caller's number for the labels findings are counted
	// under, Name the one for the service's name alone; 0 is none.
	Service, Name uint16
	Kind          Kind
	Flags         Flags
}

// Item is an item on its way in.
type Item struct {
	// Low and High are the halves of the trace id; High is 0 where it was lost, and
	// traces meet on Low then.
	Low, High uint64
	// Randomness is the explicit one (rv) plus 1, or 0.
	Randomness uint64
	Link
}

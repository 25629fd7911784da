// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-correlation/correlationprocessor/internal/integrity"
	"github.com/otelcol-correlation/correlationprocessor/internal/traceid"
)

// peerView is what a span says of the other end of a request, in old and new
// semantic conventions. The strings are borrowed.
type peerView struct {
	peer        string // the other service's name
	address     string // of the server, whichever end that is
	destination string // of a message
	port        int
	header      headerView
}

// headerView is a propagation header that an item with a trace id of its own has
// in its attributes, as servers record them: the context the request came with.
// The strings are borrowed.
type headerView struct {
	key, value string
}

// read notes an attribute that is called like such a header.
func (h *headerView) read(key string, val pcommon.Value) {
	if len(key) > 1 && contextEnds[key[len(key)-1]] && contextName(key) {
		h.note(key, val)
	}
}

func (h *headerView) note(key string, val pcommon.Value) {
	switch val.Type() {
	case pcommon.ValueTypeStr:
		h.key, h.value = key, val.Str()
	case pcommon.ValueTypeSlice:
		if val.Slice().Len() > 0 {
			h.key, h.value = key, val.Slice().At(0).Str()
		}
	}
}

// contextEnds are the last bytes of the names contextName tells. They rule out
// nearly all others without a call.
var contextEnds = [256]bool{'t': true, 'T': true, '3': true, 'd': true, 'D': true}

// contextName tells names that end like a header that holds a trace context.
func contextName(key string) bool {
	switch key[len(key)-1] {
	case 't', 'T':
		return hasSuffixFold(key, "traceparent")
	case '3':
		return hasSuffixFold(key, "b3")
	case 'd', 'D':
		return hasSuffixFold(key, "b3-traceid") || hasSuffixFold(key, "uber-trace-id")
	}
	return false
}

func hasSuffixFold(s, suffix string) bool {
	return len(s) >= len(suffix) && strings.EqualFold(s[len(s)-len(suffix):], suffix)
}

// contradicts reports whether the header holds another trace id than the item. A
// shorter form of the same id is none other.
func (c *correlator) contradicts(h *headerView, id pcommon.TraceID) bool {
	if h.value == "" {
		return false
	}
	var f traceid.Finder
	f.Offer(c.keys.Lookup(h.key), h.value)
	found, why := f.Result()
	return why == traceid.Found && low(pcommon.TraceID(found.TraceID)) != low(id)
}

// broken counts what an item shows alone.
func (b *batch) broken(svc *service, why integrity.Reason) {
	b.found.Add(integrity.Finding{What: integrity.PropagationBroken, Reason: why, Service: svc.id})
}

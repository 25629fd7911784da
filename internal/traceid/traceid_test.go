// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

import "testing"

func TestSmoke(t *testing.T) {
	k := NewKeys(nil)
	for _, b := range []string{
		`{"ts":"x","msg":"hello","trace_id":"4bf92f3577b34da6a3ce929d0e0e4736","span_id":"00f067aa0ba902b7"}`,
		`{"dd":{"trace_id":"123456789","span_id":"42"}}`,
		`level=info msg="x y" traceID=4bf92f3577b34da6a3ce929d0e0e4736 spanID=00f067aa0ba902b7`,
		`2020 INFO [trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7 resource.service.name=x trace_sampled=True] - hi`,
		`2020 INFO [TID:56a5e1c519ae4c76a2b8b11d92cead7f.12.16563474296430001] hi`,
		`2020 INFO [TID: N/A] hi`,
		`traceparent: 00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01`,
	} {
		c, r := k.ScanBody(b)
		t.Logf("%s %s %x %x %v %x", r, c.Format, c.TraceID, c.SpanID, c.HasFlags, c.Flags)
	}
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package logtrace_test

import (
	"fmt"

	"github.com/otelcol-correlation/correlationprocessor/internal/logtrace"
)

func ExampleKeys_ScanBody() {
	keys := logtrace.NewKeys(nil)
	for _, body := range []string{
		`{"level":"info","trace":{"id":"4bf92f3577b34da6a3ce929d0e0e4736"},"span":{"id":"00f067aa0ba902b7"}}`,
		`INFO [trace_id=4bf92f3577b34da6a3ce929d0e0e4736 span_id=00f067aa0ba902b7] order created`,
		`INFO [my-app] [4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7] order created`,
		`GET /traces?trace_id=4bf92f3577b34da6a3ce929d0e0e4736 200`,
	} {
		c, reason := keys.ScanBody(body)
		fmt.Printf("%s %s %x %x\n", reason, c.Format, c.TraceID, c.SpanID)
	}
	// Output:
	// found w3c_hex 4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7
	// found w3c_hex 4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7
	// found spring 4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7
	// absent none 00000000000000000000000000000000 0000000000000000
}

// A Finder joins what several keys say, in any order.
func ExampleFinder() {
	keys := logtrace.NewKeys([]string{"x-request-id"})
	attributes := [][2]string{
		{"span_id", "00f067aa0ba902b7"},
		{"http.request.method", "GET"},
		{"trace_flags", "01"},
		{"traceparent", "00-11111111111111111111111111111111-2222222222222222-00"},
		{"trace_id", "4bf92f3577b34da6a3ce929d0e0e4736"},
	}
	var f logtrace.Finder
	for _, a := range attributes {
		f.Offer(keys.Lookup(a[0]), a[1])
	}
	c, reason := f.Result()
	fmt.Printf("%s %x %x %02x\n", reason, c.TraceID, c.SpanID, c.Flags)
	// Output:
	// found 4bf92f3577b34da6a3ce929d0e0e4736 00f067aa0ba902b7 01
}

// Objects are walked with a Scope, so that nested keys are known by their path.
func ExampleKeys_Enter() {
	keys := logtrace.NewKeys(nil)
	scope, ok := keys.Enter(logtrace.Scope{}, "dd")
	fmt.Println(ok, keys.LookupIn(scope, "trace_id").Kind == logtrace.RoleTraceID)
	_, ok = keys.Enter(logtrace.Scope{}, "links")
	fmt.Println(ok)
	// Output:
	// true true
	// false
}

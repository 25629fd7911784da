// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package accesslog

import (
	"strings"
	"testing"
)

var (
	sinkRequest Request
	sinkOK      bool
)

func BenchmarkScan(b *testing.B) {
	for name, c := range map[string]struct {
		body string
		ok   bool
	}{
		"combined": {`203.0.113.9 - - [21/Nov/2026:09:53:01 +0000] "GET /api/v1/users/48151623/orders?page=2 HTTP/1.1" 200 5124 "https://shop.example.com/" "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"`, true},
		"gin":      {`[GIN] 2026/11/21 - 09:53:01 | 200 |      13.104µs |       127.0.0.1 | GET      "/api/v1/users/48151623"`, true},
		"json":     {`{"time":"2026-11-21T09:53:01.1Z","id":"","remote_ip":"127.0.0.1","host":"localhost:1323","method":"GET","uri":"/users/7?x=1","user_agent":"curl/8.0","status":200,"error":"","latency":100,"latency_human":"100ns","bytes_in":0,"bytes_out":2}`, true},
		"logfmt":   {`time=2026-11-21T09:53:01Z level=INFO msg=request method=GET path=/users/7 status=200 duration=1ms`, true},
		"prose": {`2026-11-21 09:53:01,123 WARN [worker-7] c.e.shop.OrderService - could not reserve stock for ` +
			`article 48151623: 3 wanted, 2 left (warehouse: north), customer is asked for another choice`, false},
		"json without request": {`{"time":"2026-11-21T09:53:01.123456789Z","level":"INFO","msg":"order created for customer","service":"checkout","duration_ms":12.5,"user":"u-48151623","order":"ORD-2024-118"}`, false},
		"longest text":         {strings.Repeat("\tat com.example.shop.OrderService.create(OrderService.java:118)\n", 200), false},
		"worst table":          {strings.Repeat(`|200|1s|.|GET HTTP/1"`, 600), false},
		"worst request line":   {strings.Repeat(` HTTP/1 HTTP/`, 900), false},
		"worst bare line":      {strings.Repeat(`GET /1 200 Q `, 800), false},
		"worst json":           {strings.Repeat(`{"method":{"path":[`, 600), false},
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(min(len(c.body), MaxBodyBytes)))
			for b.Loop() {
				sinkRequest, sinkOK = Scan(c.body)
			}
			if sinkOK != c.ok {
				b.Fatal(sinkOK)
			}
		})
	}
}

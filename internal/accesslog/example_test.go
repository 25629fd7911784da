// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package accesslog_test

import (
	"fmt"

	"github.com/otelcol-correlation/correlationprocessor/internal/accesslog"
)

func ExampleScan() {
	for _, body := range []string{
		`10.0.0.1 - - [21/Nov/2026:09:53:01 +0000] "GET /users/7?x=1 HTTP/1.1" 200 12 "-" "curl/8.0"`,
		`{"method":"GET","uri":"/users/7?x=1","status":200}`,
		`{"msg":"file opened","path":"/var/log/app.log"}`,
	} {
		r, ok := accesslog.Scan(body)
		fmt.Println(ok, r.Method, r.Path, r.Status, body[r.Start:r.End])
	}
	// Output:
	// true GET /users/7 200 /users/7
	// true GET /users/7 200 /users/7
	// false   0
}

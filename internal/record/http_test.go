// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"cmp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
)

// Only the names of HTTP spans hold paths: those of queries, steps and RPC calls do not,
// whatever slashes are in them.
func TestPathsInNames(t *testing.T) {
	none, http, database, rpc := "", "http.request.method", "db.system.name", "rpc.system"
	for _, tt := range []struct{ name, attribute, want string }{
		{"GET /users/1", none, "/users/1"},
		{"GET /users/1", http, "/users/1"},
		{"GET /users/1", rpc, ""},
		{"DELETE /files/my report", none, "/files/my report"},
		{"/users/1", none, ""},
		{"/users/1", "url.scheme", "/users/1"},
		{"/users/1", "http.flavor", "/users/1"},
		{"HTTP GET /users/1", http, "/users/1"},
		{"HTTP GET /users/1", none, ""},
		{"GET", http, ""},
		{"", http, ""},
		{"GET https://shop/users/1", http, "https://shop/users/1"},
		{"POST http://shop/users/1?x=1", none, "http://shop/users/1?x=1"},
		{"GET https://shop/users/1", database, ""},
		{"see https://shop/users/1", none, ""},
		{"https://shop/users/1", none, ""},
		{"SELECT /* hint */ x", none, ""},
		{"SELECT /* hint */ x", database, ""},
		{"select a /* traceparent='00-1-2-01' */", database, ""},
		{"query SELECT 1 / 100", database, ""},
		{"GET /session/1", database, ""},
		{"COPY /tmp/orders.csv", database, ""},
		{"COPY /tmp/orders.csv", none, ""},
		{"step 3 / 7", none, ""},
		{"step 3 / 7", http, ""},
		{"a / b", none, ""},
		{"a/b /c", http, ""},
		{"read /etc/hosts", none, ""},
		{"shop.Cart/Get", rpc, ""},
		{"/shop.Cart/Get", rpc, ""},
		{"/topic/orders publish", "messaging.system", ""},
		{"/", "http.status_code 200", "/"},
		{"/", "http.status_code 404", ""},
		{"GET /", "http.status_code 405", ""},
		{"/users", "http.status_code 404", "/users"},
	} {
		attrs := pcommon.NewMap()
		if key, value, _ := strings.Cut(tt.attribute, " "); key != "" {
			attrs.PutStr(key, cmp.Or(value, "x"))
		}
		var v Span
		v.Read(attrs)
		require.Equal(t, tt.want, v.PathInName(tt.name), "%+v", tt)
	}
}

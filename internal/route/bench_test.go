// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"fmt"
	"testing"
)

// benchPaths is a mix of shapes, about four segments deep.
var benchPaths = []string{
	"/api/v1/users/8841/orders",
	"/repos/falcon-labs/blue_bird/issues/772",
	"/v2/projects/3f1c8a52-9d0e-4c55-8f0a-6f1f5f0d9a11/members/alice",
	"/checkout/carts/cus_9s6XKzkNRiz8i3/items",
	"/health",
	"/v1/accounts/17/invoices/2024-03-05",
	"/static/img/logo.png",
	"/search/users",
}

func BenchmarkMatchInferred(b *testing.B) {
	table, err := New(Options{MaxRoutes: 1000, MaxServices: 10, Learn: true})
	if err != nil {
		b.Fatal(err)
	}
	s := table.Service("bench")
	for i := range 400 {
		for _, p := range benchPaths {
			s.get(p)
		}
		s.get(fmt.Sprintf("/repos/team-%s/%s-app/issues/%d", words(i), words(i*7), i))
		s.get(fmt.Sprintf("/v2/projects/%036d/members/%s", i, words(i)))
	}
	seen := map[string]bool{}
	for _, p := range benchPaths {
		seen[s.get(p).Pattern] = true
	}
	b.ReportMetric(float64(len(seen)), "patterns")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.get(benchPaths[i%len(benchPaths)])
	}
}

func BenchmarkMatchDeclared(b *testing.B) {
	table, err := New(Options{MaxRoutes: 1000, MaxServices: 10, Templates: []string{
		"/api/v1/users/:id/orders", "/repos/{owner}/{repo}/issues/{number}", "/v2/projects/{id}/members/{name}",
		"/checkout/carts/{id}/items", "/health", "/v1/accounts/{id}/invoices/{date}", "/static/*", "/search/{kind}",
	}})
	if err != nil {
		b.Fatal(err)
	}
	s := table.Service("bench")
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		s.get(benchPaths[i%len(benchPaths)])
	}
}

func BenchmarkMatchParallel(b *testing.B) {
	table, err := New(Options{MaxRoutes: 1000, MaxServices: 10, Learn: true})
	if err != nil {
		b.Fatal(err)
	}
	for range 400 {
		for _, p := range benchPaths {
			table.Service("bench").get(p)
		}
	}
	b.ReportAllocs()
	b.RunParallel(func(pb *testing.PB) {
		for i := 0; pb.Next(); i++ {
			table.Service("bench").get(benchPaths[i%len(benchPaths)])
		}
	})
}

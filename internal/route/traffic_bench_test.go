// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// busyRequest is a request to one of many services. Nearly every path is a new
// one: nothing is won by remembering whole paths.
type busyRequest struct {
	service   *Service
	httpRoute string
	path      string
}

// busyTraffic makes requests to routes of 20 services, those from which nothing
// is learned any more.
func busyTraffic(b *testing.B, routes int, learn func(*busyRequest)) []busyRequest {
	table, err := New(Options{MaxRoutes: 1000, MaxServices: 100, Learn: true})
	if err != nil {
		b.Fatal(err)
	}
	r := rand.New(rand.NewPCG(1, uint64(routes)))
	requests := make([]busyRequest, 0, 1<<15)
	catalog := make([][]string, 20*routes)
	for i := range catalog {
		catalog[i] = busyRoute(r)
	}
	request := func(at int) busyRequest {
		httpRoute, path := busyPath(r, catalog[at])
		return busyRequest{service: table.Service(fmt.Sprintf("service-%d", at%20)), httpRoute: httpRoute, path: path}
	}
	for range settledValues + 4 { // after that the services are at rest
		for i := range catalog {
			q := request(i)
			learn(&q)
		}
	}
	for len(requests) < cap(requests) {
		q := request(r.IntN(len(catalog)))
		lessons := q.service.learner.lessons
		if learn(&q); q.service.learner.lessons == lessons {
			requests = append(requests, q)
		}
	}
	return requests
}

var (
	busyResources = strings.Fields("accounts addresses articles baskets brands campaigns carts comments coupons customers devices documents events files folders groups images invoices items jobs labels messages orders pages payments photos playlists posts products projects reports reviews sessions shipments stores subscriptions tickets users vendors")
	busyActions   = strings.Fields("activate archive avatar cancel confirm details download export history items members preview price publish refund settings status stock summary tracking")
	busyKinds     = strings.Fields(":int :int :int :int :uuid :uuid :hex :slug :date")
)

func busyRoute(r *rand.Rand) []string {
	pick := func(list []string) string { return list[r.IntN(len(list))] }
	segs := []string{"api", fmt.Sprintf("v%d", 1+r.IntN(3)), pick(busyResources)}
	switch dice := r.IntN(10); {
	case dice < 2:
	case dice < 5:
		segs = append(segs, pick(busyKinds))
	case dice < 7:
		segs = append(segs, pick(busyKinds), pick(busyActions))
	case dice < 9:
		segs = append(segs, pick(busyKinds), pick(busyResources), pick(busyKinds))
	default:
		segs = append(segs, pick(busyActions))
	}
	return segs
}

func busyPath(r *rand.Rand, segs []string) (httpRoute, path string) {
	var a, b strings.Builder
	for i, s := range segs {
		a.WriteByte('/')
		b.WriteByte('/')
		switch h := r.Uint64(); s {
		case ":int":
			fmt.Fprint(&b, 1000+h%10_000_000)
		case ":uuid":
			fmt.Fprintf(&b, "%08x-%04x-4%03x-a%03x-%012x", uint32(h), uint16(h>>32), h>>48&0xfff, h>>20&0xfff, h>>16&0xffffffffffff)
		case ":hex":
			fmt.Fprintf(&b, "%016x%08x", h, uint32(h>>7))
		case ":slug":
			fmt.Fprintf(&b, "%s-%s-%s", busyResources[h%39], busyActions[(h>>8)%20], busyResources[(h>>16)%39])
		case ":date":
			fmt.Fprintf(&b, "2026-%02d-%02d", 1+h%12, 1+(h>>8)%28)
		default:
			a.WriteString(s)
			b.WriteString(s)
			continue
		}
		fmt.Fprintf(&a, "{%s%d}", s[1:], i)
	}
	return a.String(), b.String()
}

// busyBatch is how many paths are matched between two evictions.
const busyBatch = 32

// evicted is larger than a core's own cache.
var evicted [4 << 20]byte

// BenchmarkBusy matches the paths of many services. Cold is what a match takes
// if the rest of the processor used the caches in between; the item itself
// was just read. An op is a batch.
func BenchmarkBusy(b *testing.B) {
	match := func(q *busyRequest) { q.service.get(q.path) }
	observe := func(q *busyRequest) { q.service.sent(q.httpRoute, q.path) }
	for _, routes := range []int{16, 80, 400} {
		requests := busyTraffic(b, routes, match)
		b.Run(fmt.Sprintf("match/routes=%d/warm", routes), func(b *testing.B) { busy(b, requests, false, match) })
		b.Run(fmt.Sprintf("match/routes=%d/cold", routes), func(b *testing.B) { busy(b, requests, true, match) })
		requests = busyTraffic(b, routes, observe)
		b.Run(fmt.Sprintf("observe/routes=%d/warm", routes), func(b *testing.B) { busy(b, requests, false, observe) })
		b.Run(fmt.Sprintf("observe/routes=%d/cold", routes), func(b *testing.B) { busy(b, requests, true, observe) })
	}
}

// busy reports the median of the batches, which other processes on the machine
// hardly move.
func busy(b *testing.B, requests []busyRequest, cold bool, do func(*busyRequest)) {
	times := make([]time.Duration, 0, 1<<16)
	sum := byte(0)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		at := n * busyBatch % len(requests)
		batch := requests[at : at+busyBatch]
		for i := 0; cold && i < len(evicted); i += 64 {
			evicted[i]++
		}
		for i := range batch {
			for _, c := range []byte(batch[i].path) {
				sum += c
			}
			for _, c := range []byte(batch[i].httpRoute) {
				sum += c
			}
		}
		start := time.Now()
		for i := range batch {
			do(&batch[i])
		}
		if took := time.Since(start); len(times) < cap(times) {
			times = append(times, took)
		}
	}
	evicted[0] += sum
	slices.Sort(times)
	b.ReportMetric(float64(times[len(times)/2])/busyBatch, "ns/path")
}

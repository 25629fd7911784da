// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package workload

import (
	"fmt"
	"math/rand/v2"
	"strconv"
	"strings"
)

// serviceInfo is one of the services the traffic comes from.
type serviceInfo struct {
	name   string
	routes []routeInfo
	// rawNames says that its spans are named by the raw path, as those of
	// instrumentation without a router are.
	rawNames bool
}

// routeInfo is a route: a method and segments, some of which are placeholders.
type routeInfo struct {
	method   string
	segments []string // a placeholder starts with a colon, then comes its kind
}

var (
	domains   = strings.Fields("cart catalog checkout currency email feed fraud gateway identity invoice ledger mail notify order payment quote recommend search shipping user")
	resources = strings.Fields("accounts addresses articles baskets brands campaigns carts comments coupons customers devices documents events files folders groups images invoices items jobs labels messages orders pages payments photos playlists posts products projects reports reviews sessions shipments stores subscriptions tickets users vendors")
	actions   = strings.Fields("activate archive avatar cancel confirm details download export history items members preview price publish refund settings status stock summary tracking")
	kinds     = strings.Fields(":int :int :int :int :uuid :uuid :hex :slug :date")
	methods   = strings.Fields("GET GET GET GET GET POST POST PUT DELETE")
)

func newCatalog(r *rand.Rand) []serviceInfo {
	services := make([]serviceInfo, serviceCount)
	for i := range services {
		s := serviceInfo{name: domains[i%len(domains)] + "-service", rawNames: i%5 == 0}
		for range routesPerService {
			s.routes = append(s.routes, newRoute(r))
		}
		services[i] = s
	}
	return services
}

// newRoute makes a route of one of the common shapes: a collection, a thing in
// it, an action on the thing, a collection within the thing, a thing in that.
func newRoute(r *rand.Rand) routeInfo {
	segments := []string{"api", "v" + strconv.Itoa(1+r.IntN(3)), pick(r, resources)}
	switch dice := r.IntN(10); {
	case dice < 2:
	case dice < 5:
		segments = append(segments, pick(r, kinds))
	case dice < 7:
		segments = append(segments, pick(r, kinds), pick(r, actions))
	case dice < 9:
		segments = append(segments, pick(r, kinds), pick(r, resources), pick(r, kinds))
	default:
		segments = append(segments, pick(r, actions))
	}
	return routeInfo{method: pick(r, methods), segments: segments}
}

// path makes a raw path of the route.
func (rt *routeInfo) path(r *rand.Rand) string {
	var b strings.Builder
	for _, s := range rt.segments {
		b.WriteByte('/')
		if kind, ok := strings.CutPrefix(s, ":"); ok {
			b.WriteString(value(r, kind))
		} else {
			b.WriteString(s)
		}
	}
	return b.String()
}

// values is how many values a placeholder has; small numbers come more often,
// so that some paths are seen again.
const values = 200_000

// value makes a placeholder's value. It is a function of a number, so that
// values come again whatever their kind.
func value(r *rand.Rand, kind string) string {
	n := uint64(values * r.Float64() * r.Float64())
	h := n * 0x9e3779b97f4a7c15
	switch kind {
	case "uuid":
		return fmt.Sprintf("%08x-%04x-4%03x-a%03x-%012x", uint32(h), uint16(h>>32), h>>48&0xfff, h>>20&0xfff, h>>16&0xffffffffffff)
	case "hex":
		return fmt.Sprintf("%016x%08x", h, uint32(h>>7))
	case "slug":
		return pick2(resources, h) + "-" + pick2(actions, h>>8) + "-" + pick2(domains, h>>16)
	case "date":
		return fmt.Sprintf("2026-%02d-%02d", 1+n%12, 1+n/12%28)
	default:
		return strconv.FormatUint(1000+n*37, 10)
	}
}

func pick(r *rand.Rand, list []string) string { return list[r.IntN(len(list))] }

func pick2(list []string, h uint64) string { return list[h%uint64(len(list))] }

// Path is a raw path with where it comes from.
type Path struct{ Service, Method, Path, Template string }

// Paths makes n raw paths as the spans of the traffic have them. Another round
// has other values in paths of the same routes.
func Paths(seed, round uint64, n int) []Path {
	r := rand.New(rand.NewPCG(seed, 3+round))
	services := newCatalog(rand.New(rand.NewPCG(seed, 0)))
	out := make([]Path, n)
	for i := range out {
		s := &services[r.IntN(len(services))]
		rt := &s.routes[r.IntN(len(s.routes))]
		out[i] = Path{Service: s.name, Method: rt.method, Path: rt.path(r), Template: rt.template()}
	}
	return out
}

// template writes the route as a user would declare it.
func (rt *routeInfo) template() string {
	var b strings.Builder
	b.WriteString(rt.method + " ")
	for i, s := range rt.segments {
		b.WriteByte('/')
		if kind, ok := strings.CutPrefix(s, ":"); ok {
			fmt.Fprintf(&b, "{%s_%d}", kind, i)
		} else {
			b.WriteString(s)
		}
	}
	return b.String()
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/route"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// requestRules are the rules on requests. Those that keep more go first: a
// trace that is several requests is as worth keeping as the one of them most
// worth it, and it is suppressed only if all of them are.
type requestRules struct {
	health, assets sampling.Match
	ordinary       sampling.Match
	routes         map[string]sampling.Match
}

func newRequestRules(cfg *Config, l *ruleList) requestRules {
	type share struct {
		route      string // "" for the routes nobody named
		percentage float64
	}
	shares := []share{{"", cfg.SamplingPercentage}}
	for _, route := range slices.Sorted(maps.Keys(cfg.RoutePercentages)) {
		shares = append(shares, share{route, cfg.RoutePercentages[route]})
	}
	slices.SortStableFunc(shares, func(a, b share) int { return cmp.Compare(b.percentage, a.percentage) })
	r := requestRules{routes: map[string]sampling.Match{}}
	for _, s := range shares {
		if s.route == "" {
			r.ordinary = l.add(ruleDefault, s.percentage)
			continue
		}
		m := l.add(ruleRoute+s.route, s.percentage)
		for _, key := range routeKeys(s.route) {
			if _, taken := r.routes[key]; !taken {
				r.routes[key] = m
			}
		}
	}
	r.health, r.assets = r.ordinary, r.ordinary
	if cfg.Suppress.HealthChecks {
		r.health = l.add(ruleHealthChecks, 0)
	}
	if cfg.Suppress.StaticAssets {
		r.assets = l.add(ruleStaticAssets, 0)
	}
	return r
}

// routeKeys are the keys of what a route in the configuration stands for, which
// is several patterns where parts of it are optional.
func routeKeys(route string) (keys []string) {
	// Config.Validate has parsed the route.
	templates, _ := parseRoute(route)
	for _, t := range templates {
		keys = append(keys, string(appendRouteKey(nil, t.Method(), t.Pattern())))
	}
	return keys
}

// appendRouteKey appends the method and the pattern without the names of its
// parameters: what was inferred is {int} where the user wrote {id}.
func appendRouteKey(dst []byte, method, pattern string) []byte {
	dst = append(dst, method...)
	dst = append(dst, ' ')
	for {
		before, rest, ok := strings.Cut(pattern, "{")
		dst = append(dst, before...)
		if !ok {
			return dst
		}
		name, after, _ := strings.Cut(rest, "}")
		if strings.HasSuffix(name, "...") {
			dst = append(dst, "..."...)
		}
		dst, pattern = append(dst, "{}"...), after
	}
}

// match returns the rule the request matches.
func (r *requestRules) match(q *record.Request) sampling.Match {
	switch {
	case r.health != r.ordinary && isHealthCheck(q):
		return r.health
	case r.assets != r.ordinary && isStaticAsset(q):
		return r.assets
	}
	if len(r.routes) > 0 && q.Pattern != "" {
		if m, ok := r.route(q.Method, q.Pattern); ok {
			return m
		}
	}
	return r.ordinary
}

// route returns the rule on the route: the one that names the method, too, goes
// before the one that does not.
func (r *requestRules) route(method, pattern string) (sampling.Match, bool) {
	var scratch [128]byte
	key := appendRouteKey(scratch[:0], method, pattern)
	if m, ok := r.routes[string(key)]; ok {
		return m, true
	}
	m, ok := r.routes[string(key[len(method):])]
	return m, ok
}

// parseRoute reads a route such as "GET /feed/{id}" in any of the syntaxes that
// templates may have.
func parseRoute(text string) ([]*route.Template, error) {
	t, err := route.ParseTemplate(text)
	if err != nil {
		return nil, fmt.Errorf("route_percentages: %w", err)
	}
	return t, nil
}

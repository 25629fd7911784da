// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package rules

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules/request"
	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// subjects knows what the rules on requests are about. It is immutable.
type subjects struct {
	probes *request.Probes
	routes *request.Routes
	names  []string // of the routes, by their number
}

// newSubjects compiles the lists of the configuration. Its errors name the key and the
// value.
func newSubjects(cfg *Config, p *request.Probes) (*subjects, error) {
	names := slices.Sorted(maps.Keys(cfg.RoutePercentages))
	routes, err := request.NewRoutes(names)
	if err != nil {
		return nil, fmt.Errorf("route_percentages: %w", err)
	}
	return &subjects{probes: p, routes: routes, names: names}, nil
}

// requestRules are the rules on requests. Those that keep more go first: a
// trace that is several requests is as worth keeping as the one of them most
// worth it, and it is suppressed only if all of them are.
type requestRules struct {
	about          *subjects
	health, assets sampling.Match
	ordinary       sampling.Match
	byRoute        []sampling.Match // by the number of the route
}

func newRequestRules(cfg *Config, about *subjects, l *ruleList) requestRules {
	type share struct {
		route      int // -1 for the routes nobody named
		percentage float64
	}
	shares := []share{{-1, cfg.SamplingPercentage}}
	for i, name := range about.names {
		shares = append(shares, share{i, cfg.RoutePercentages[name]})
	}
	slices.SortStableFunc(shares, func(a, b share) int { return cmp.Compare(b.percentage, a.percentage) })
	r := requestRules{about: about, byRoute: make([]sampling.Match, len(about.names))}
	for _, s := range shares {
		if s.route < 0 {
			r.ordinary = l.add(ruleDefault, s.percentage)
		} else {
			r.byRoute[s.route] = l.add(ruleRoute+about.names[s.route], s.percentage)
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

// match returns the rule the request matches.
func (r *requestRules) match(q *record.Request) sampling.Match {
	switch {
	case !q.IsRequest():
		// A message or a timer began it: what is asked for on the way is not what it is about.
		return r.ordinary
	case r.health != r.ordinary && r.about.probes.Asked(q):
		return r.health
	case r.assets != r.ordinary && request.IsStaticAsset(q):
		return r.assets
	}
	if route, ok := r.about.routes.Find(q); ok {
		return r.byRoute[route]
	}
	return r.ordinary
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package diagnosis says in words which service broke what, from the processor's
// metrics. Each sentence names the metric it rests on; docs/runbook.md has the
// same reasoning for people.
package diagnosis

import (
	"fmt"
	"slices"
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/testkit/scrape"
)

// Problem is something a service does wrong.
type Problem struct {
	Service string
	// What was counted, with the figures, and Metric, by which.
	What, Metric string
	// Cause is the likely cause and what to do about it, or "".
	Cause string
}

// String is the problem in one to two lines.
func (c Problem) String() string {
	s := fmt.Sprintf("%s: %s [%s]", c.Service, c.What, c.Metric)
	if c.Cause != "" {
		s += "\n    " + c.Cause
	}
	return s
}

// service is a service under examination.
type service struct {
	scrape.Metrics
	name     string
	entry    bool // may begin traces
	entries  bool // it is known which services may
	problems []Problem
}

// Diagnose returns the problems about all services, in order of their names.
// Entries are the services that may begin traces. With none given, it is told of
// services that begin traces and are also called by others.
func Diagnose(m scrape.Metrics, entries []string) (all []Problem) {
	for _, name := range services(m) {
		p := &service{Metrics: m, name: name, entry: slices.Contains(entries, name), entries: len(entries) > 0}
		p.calls()
		p.beginnings()
		p.spans()
		p.shapes()
		p.times()
		p.logs()
		all = append(all, p.problems...)
	}
	return all
}

// services are the values of the label in every metric that has it.
func services(m scrape.Metrics) (names []string) {
	for metric := range m {
		names = append(names, m.Values(metric, "service_name")...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func (p *service) own(metric string, labels ...string) float64 {
	return p.Sum(metric, append(labels, "service_name", p.name)...)
}

func (p *service) problem(metric, cause, format string, args ...any) {
	p.problems = append(p.problems, Problem{Service: p.name, What: fmt.Sprintf(format, args...), Metric: metric, Cause: cause})
}

// of is a part of a whole in words.
func of(part, whole float64, what string) string {
	if whole <= 0 {
		return fmt.Sprintf("%.0f %s", part, what)
	}
	return fmt.Sprintf("%.0f of %.0f %s (%.3g %%)", part, whole, what, 100*part/whole)
}

// calls looks at requests to other services.
func (p *service) calls() {
	for _, peer := range p.Values("client_without_server", "peer", "service_name", p.name) {
		lost := p.own("client_without_server", "peer", peer)
		all := p.own("client_spans", "peer", peer)
		p.problem("client_without_server", p.whyUnanswered(peer), "%s have no span of %s in their trace", of(lost, all, "calls to "+peer), peer)
	}
	for _, why := range p.Values("propagation_broken", "reason", "service_name", p.name) {
		p.problem("propagation_broken", propagationCauses[why], "%s", of(p.own("propagation_broken", "reason", why), 0, "breaks of the context, "+why))
	}
}

func (p *service) whyUnanswered(peer string) string {
	switch {
	case p.Sum("propagation_broken", "service_name", peer, "reason", "b3_w3c_mismatch") > 0:
		return "The headers arrive at " + peer + ", which does not read them: set the same propagators on both sides."
	case p.Sum("traces_checked", "service_name", peer, "root", "server") > 0:
		return peer + " begins traces of its own instead: " + p.name + " sends no context (no propagator set), or in headers " + peer + " does not read."
	case p.Sum("log_span_dangling", "service_name", peer) > 0:
		return "Spans of " + peer + " are lost on their way here, see there."
	default:
		return peer + " has no instrumented server, or its spans are lost."
	}
}

var propagationCauses = map[string]string{
	"trace_id_truncated": "Somebody on the way passes on only 64 bits of the trace id: an old B3 or Datadog header.",
	"restarted":          "It was called by an instrumented client and began a trace of its own.",
	"b3_w3c_mismatch":    "It got a context in a header that its propagators do not read.",
	"flags_inconsistent": "It decides on sampling anew instead of taking over its caller's decision.",
	"rv_conflict":        "A service on the way replaced the random value of the tracestate.",
	"th_inconsistent":    "A sampler on the way wrote a threshold and did not sample by it.",
}

// beginnings looks at traces that a service began and should not have.
func (p *service) beginnings() {
	called := p.Sum("client_spans", "peer", p.name)
	if p.entry || !p.entries && called == 0 {
		return
	}
	served := called - p.Sum("client_without_server", "peer", p.name)
	entered := p.own("traces_checked", "root", "server") + p.own("traces_checked", "root", "consumer")
	inside := p.own("traces_checked", "root", "internal") + p.own("traces_checked", "root", "client") + p.own("traces_checked", "root", "producer")
	if entered > 0 {
		cause := "" // told with the calls
		switch {
		case !p.entries:
			cause = "Fine if users or probes call it, too; if not, a client that is not instrumented does (its transport is not wrapped)."
		case called == 0:
			cause = "It is called by a client that is not instrumented (its transport is not wrapped)."
		}
		p.problem("traces_checked", cause, "%s with a request that brought no context", of(entered, 0, "traces begin here"))
	}
	if inside > 0 {
		cause := "Its server is not instrumented (handler or interceptor missing)."
		if served > 0 {
			cause = "Work loses the context of its request: a goroutine or a callback with a fresh context."
		}
		p.problem("traces_checked", cause, "%s without a request", of(inside, 0, "traces begin here"))
	}
}

// spans looks at spans that did not come.
func (p *service) spans() {
	if lost := p.own("log_span_dangling"); lost > 0 {
		cause := "They are started and never ended: nothing else of the service is missing."
		if p.Sum("client_without_server", "peer", p.name) > 0 || p.own("spans_orphan") == 0 {
			cause = "They are lost on their way: an export queue that overflows, an exporter that fails, a process killed before it flushed."
		}
		p.problem("log_span_dangling", cause, "%s never came", of(lost, p.own("log_spans"), "spans its logs speak of"))
	}
	if n := p.own("spans_orphan"); n > 0 {
		p.problem("spans_orphan", "", "%s whose parent never came", of(n, p.own("spans_received"), "spans"))
	}
	if n := p.own("spans_duplicate_id"); n > 0 {
		p.problem("spans_duplicate_id", "", "%s with the id of another one (%s)", of(n, p.own("spans_received"), "spans"),
			strings.Join(p.Values("spans_duplicate_id", "reason", "service_name", p.name), ", "))
	}
	if n := p.own("spans_zero_id"); n > 0 {
		p.problem("spans_zero_id", "", "%s without an id", of(n, p.own("spans_received"), "spans"))
	}
}

// shapes looks at whole traces.
func (p *service) shapes() {
	all := p.own("traces_checked")
	if n := p.own("traces_rootless", "parent", "local"); n > 0 {
		p.problem("traces_rootless", "", "%s have no root", of(n, all, "traces"))
	}
	if n := p.own("traces_multi_root"); n > 0 {
		p.problem("traces_multi_root", "It starts spans with the ids of a trace it is in, but without a parent.", "%s have a second root here", of(n, 0, "traces"))
	}
	if n := p.own("traces_disconnected"); n > 0 {
		p.problem("traces_disconnected", "", "%s fall apart here", of(n, 0, "traces"))
	}
	if n := p.own("logs_without_spans", "sampled", "true"); n > 0 {
		p.problem("logs_without_spans", "", "%s have logs and no span", of(n, all, "traces"))
	}
}

func (p *service) times() {
	for _, why := range p.Values("spans_bad_time", "reason", "service_name", p.name) {
		p.problem("spans_bad_time", "", "%s with a wrong time, %s", of(p.own("spans_bad_time", "reason", why), p.own("spans_received"), "spans"), why)
	}
	if n := p.own("span_clock_skew"); n > 0 {
		p.problem("span_clock_skew", "", "%s began before the span that called them: its clock differs", of(n, p.own("spans_received"), "spans"))
	}
}

func (p *service) logs() {
	for _, why := range p.Values("logs_missing_trace_id", "reason", "service_name", p.name) {
		p.problem("logs_missing_trace_id", missingCauses[why], "%s have no trace id (%s)",
			of(p.own("logs_missing_trace_id", "reason", why), p.own("logs_received"), "logs"), why)
	}
}

var missingCauses = map[string]string{
	"absent":       "They are written outside of a request, or with a logger that is not given the context.",
	"invalid_zero": "They are written where no span is active.",
	"placeholder":  "They are written where no span is active.",
	"malformed":    "The id is cut, or in a format that is not known here.",
}

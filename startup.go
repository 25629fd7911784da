// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"cmp"
	"fmt"
	"strings"

	"go.uber.org/zap"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
)

// announce says once what this engine will do: what its settings, defaults and
// pipelines come to.
func (e *engine) announce(log *zap.Logger, traces, logs bool) {
	log.Info("correlation starts",
		zap.String("signals", signalNames(traces, logs)),
		zap.Strings("rules", e.rules.Describe(&e.cfg.Sampling)),
		zap.String("drops", e.drops()),
		zap.String("waits", e.waits()),
		zap.String("limits", fmt.Sprintf("max_bytes %s, max_items_per_trace %d, max_routes %d",
			e.cfg.MaxBytes, e.cfg.MaxItemsPerTrace, e.cfg.Routes.MaxRoutes)))
}

func signalNames(traces, logs bool) string {
	switch {
	case traces && logs:
		return "traces and logs"
	case traces:
		return "traces"
	default:
		return "logs"
	}
}

// drops says what does not come out.
func (e *engine) drops() string {
	var parts []string
	if names := e.rules.Dropping(); len(names) > 0 {
		parts = append(parts, "traces by "+strings.Join(names, ", "))
	}
	if kept := e.cfg.Logs.MissingTraceID.SamplingPercentage; kept < 100 {
		parts = append(parts, fmt.Sprintf("%.4g %% of the logs without a trace id", 100-kept))
	}
	if e.plan.joins && e.cfg.Logs.DeduplicateAccessLogs {
		parts = append(parts, "access logs that repeat another")
	}
	if e.plan.joins && e.cfg.Logs.DropRedundantAccessLogs {
		parts = append(parts, "access logs that repeat their span")
	}
	if e.cfg.Routes.RawPath == RawPathDrop {
		parts = append(parts, "attributes with the raw path")
	}
	said := cmp.Or(strings.Join(parts, "; "), "nothing")
	if e.cfg.Sampling.DryRun && len(e.rules.Dropping()) > 0 {
		said = "no traces and logs (dry_run), else " + said
	}
	return said
}

// waits says who waits for what, and how long at most.
func (e *engine) waits() string {
	traces := "traces do not wait"
	if e.plan.waits {
		traces = fmt.Sprintf("traces: decision_wait %v", e.cfg.DecisionWait)
		if e.cfg.DecisionWaitAfterRoot > 0 {
			traces += fmt.Sprintf(", decision_wait_after_root %v", e.cfg.DecisionWaitAfterRoot)
		}
	}
	parts := []string{traces}
	if e.plan.stubs {
		parts = append(parts, fmt.Sprintf("logs for their span: join_wait %v", e.cfg.Logs.JoinWait))
	}
	if e.requests.enabled() {
		parts = append(parts, fmt.Sprintf("logs for the trace of their request: decision_wait %v", e.cfg.DecisionWait))
	}
	return strings.Join(parts, "; ")
}

// warnings are what the operator should read at start: settings that are valid, and may
// not be what was meant.
func (e *engine) warnings(both bool) (out []string) {
	for _, w := range e.cfg.Sampling.Warnings() {
		out = append(out, "sampling: "+w)
	}
	if slow := e.cfg.Sampling.SlowerThan; slow >= e.cfg.DecisionWait {
		out = append(out, fmt.Sprintf("sampling::slower_than %v is not shorter than decision_wait %v: a span that slow arrives when its trace may be decided already",
			slow, e.cfg.DecisionWait))
	}
	if e.cfg.Routes.Attribute == record.AttributeHTTPRoute && e.cfg.Routes.HTTPRoute == HTTPRouteDeclared {
		out = append(out, "routes::attribute is http.route: patterns that were inferred go there, too, whatever routes::http_route says")
	}
	out = append(out, e.idle(both)...)
	if w := memoryWarning(e.cfg.MaxBytes, memoryBounds()); w != "" {
		out = append(out, w)
	}
	return out
}

// idle names the settings that have no effect in this engine.
func (e *engine) idle(both bool) (out []string) {
	why := "only one signal is in the processor's pipelines"
	if both {
		why = "spans do not wait for a verdict, because no rule that needs the whole trace can change it"
	}
	if e.cfg.Logs.CountOnSpans && (!both || !e.plan.waits) {
		out = append(out, "logs::count_on_spans counts nothing: "+why)
	}
	if both {
		why = "logs do not wait, for logs::join_wait is 0s"
	}
	if e.cfg.Logs.repeats() && !e.plan.joins {
		out = append(out, "logs::deduplicate_access_logs and logs::drop_redundant_access_logs find nothing: "+why)
	}
	return out
}

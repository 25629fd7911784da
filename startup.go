// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"cmp"
	"fmt"
	"strings"

	"go.uber.org/zap"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
)

// startup is what the log says at start of an engine: what its settings, defaults and
// pipelines come to.
type startup struct {
	cfg          *Config
	rules        *rules.Rules
	plan         plan
	traces, logs bool // the signals of its pipelines
}

// announce says in one line what the engine will do.
func (s *startup) announce(log *zap.Logger) {
	log.Info("correlation starts",
		zap.String("signals", s.signals()),
		zap.Strings("rules", s.rules.Describe(&s.cfg.Sampling)),
		zap.String("drops", s.drops()),
		zap.String("waits", s.waits()),
		zap.String("limits", fmt.Sprintf("max_bytes %s, max_items_per_trace %d, max_routes %d",
			s.cfg.MaxBytes, s.cfg.MaxItemsPerTrace, s.cfg.Routes.MaxRoutes)))
}

func (s *startup) signals() string {
	switch {
	case s.traces && s.logs:
		return "traces and logs"
	case s.traces:
		return "traces"
	default:
		return "logs"
	}
}

// drops says what does not come out.
func (s *startup) drops() string {
	items := strings.Join(s.droppedItems(), "; ")
	if items != "" && s.cfg.Sampling.DryRun {
		items = "nothing (dry_run, else " + items + ")"
	}
	if s.cfg.Routes.RawPath == RawPathDrop {
		return cmp.Or(items, "no items") + "; raw paths"
	}
	return cmp.Or(items, "nothing")
}

// droppedItems says which spans and logs do not come out.
func (s *startup) droppedItems() (parts []string) {
	if names := s.rules.Dropping(); len(names) > 0 {
		parts = append(parts, "traces by "+strings.Join(names, ", "))
	}
	if kept := s.cfg.Logs.MissingTraceID.SamplingPercentage; kept < 100 {
		parts = append(parts, fmt.Sprintf("%.4g %% of the logs without a trace id", 100-kept))
	}
	if s.plan.joins && s.cfg.Logs.DeduplicateAccessLogs {
		parts = append(parts, "access logs that repeat another")
	}
	if s.plan.joins && s.cfg.Logs.DropRedundantAccessLogs {
		parts = append(parts, "access logs that repeat their span")
	}
	return parts
}

// waits says who waits for what, and how long at most.
func (s *startup) waits() string {
	traces := "traces do not wait"
	if s.plan.waits {
		traces = fmt.Sprintf("traces: decision_wait %v", s.cfg.DecisionWait)
		if s.cfg.DecisionWaitAfterRoot > 0 {
			traces += fmt.Sprintf(", decision_wait_after_root %v", s.cfg.DecisionWaitAfterRoot)
		}
	}
	parts := []string{traces}
	if s.plan.stubs {
		parts = append(parts, fmt.Sprintf("logs for their span: join_wait %v", s.cfg.Logs.JoinWait))
	}
	if len(s.cfg.Logs.RequestIDAttributes) > 0 {
		parts = append(parts, fmt.Sprintf("logs for the trace of their request: decision_wait %v", s.cfg.DecisionWait))
	}
	return strings.Join(parts, "; ")
}

// warnings are what the operator should read at start: settings that are valid, and may
// not be what was meant.
func (s *startup) warnings() (out []string) {
	for _, w := range s.cfg.Sampling.Warnings() {
		out = append(out, "sampling: "+w)
	}
	if slow := s.cfg.Sampling.SlowerThan; slow >= s.cfg.DecisionWait {
		out = append(out, fmt.Sprintf("sampling::slower_than %v is not shorter than decision_wait %v: a span that slow arrives when its trace may be decided already",
			slow, s.cfg.DecisionWait))
	}
	if s.cfg.Routes.Attribute == record.AttributeHTTPRoute && s.cfg.Routes.HTTPRoute == HTTPRouteDeclared {
		out = append(out, "routes::attribute is http.route: patterns that were inferred go there, too, whatever routes::http_route says")
	}
	out = append(out, s.idle()...)
	if w := memoryWarning(s.cfg.MaxBytes, memoryBounds()); w != "" {
		out = append(out, w)
	}
	return out
}

// idle names the settings that have no effect.
func (s *startup) idle() (out []string) {
	both := s.traces && s.logs
	why := "only one signal is in the processor's pipelines"
	if both {
		why = "spans do not wait for a verdict, because no rule that needs the whole trace can change it"
	}
	if s.cfg.Logs.CountOnSpans && (!both || !s.plan.waits) {
		out = append(out, "logs::count_on_spans counts nothing: "+why)
	}
	if both {
		why = "logs do not wait, for logs::join_wait is 0s"
	}
	if s.cfg.Logs.Repeats() && !s.plan.joins {
		out = append(out, "logs::deduplicate_access_logs and logs::drop_redundant_access_logs find nothing: "+why)
	}
	return out
}

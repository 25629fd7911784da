// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package startup

import (
	"cmp"
	"fmt"
	"strings"

	"go.uber.org/zap"

	"github.com/otelcol-correlation/correlationprocessor/internal/config"
	"github.com/otelcol-correlation/correlationprocessor/internal/heaplimit"
	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
)

// Facts are what the settings, defaults and pipelines of an engine come to.
type Facts struct {
	Config *config.Config
	Rules  *rules.Rules
	// Traces and Logs are the signals of its pipelines.
	Traces, Logs bool
	// Waits: traces wait for their verdict. Joins: logs get attributes from their spans.
	// Stubs: spans pass at once all the same, and what a join needs of them stays.
	Waits, Joins, Stubs bool
}

// Announce says in one line what the engine will do.
func (f *Facts) Announce(log *zap.Logger) {
	if limit := heaplimit.Ours(); limit > 0 {
		log.Info(fmt.Sprintf("Go's soft memory limit is %s, what the control group's leaves beside held data; GOMEMLIMIT sets another one", config.ByteSize(limit)))
	}
	log.Info("correlation starts",
		zap.String("signals", f.signals()),
		zap.Strings("rules", f.Rules.Describe(&f.Config.Sampling)),
		zap.String("drops", f.drops()),
		zap.String("waits", f.waits()),
		zap.String("limits", fmt.Sprintf("max_bytes %s, max_items_per_trace %d, max_routes %d",
			f.Config.MaxBytes, f.Config.MaxItemsPerTrace, f.Config.Routes.MaxRoutes)))
}

func (f *Facts) signals() string {
	switch {
	case f.Traces && f.Logs:
		return "traces and logs"
	case f.Traces:
		return "traces"
	default:
		return "logs"
	}
}

// drops says what does not come out.
func (f *Facts) drops() string {
	items := strings.Join(f.droppedItems(), "; ")
	if items != "" && f.Config.Sampling.DryRun {
		items = "nothing (dry_run, else " + items + ")"
	}
	if f.Config.Routes.RawPath == config.RawPathDrop {
		return cmp.Or(items, "no items") + "; raw paths"
	}
	return cmp.Or(items, "nothing")
}

// droppedItems says which spans and logs do not come out.
func (f *Facts) droppedItems() (parts []string) {
	if names := f.Rules.Dropping(); len(names) > 0 {
		parts = append(parts, "traces by "+strings.Join(names, ", "))
	}
	if kept := f.Config.Logs.MissingTraceID.SamplingPercentage; kept < 100 {
		parts = append(parts, fmt.Sprintf("%.4g %% of the logs without a trace id", 100-kept))
	}
	if f.Joins && f.Config.Logs.DeduplicateAccessLogs {
		parts = append(parts, "access logs that repeat another")
	}
	if f.Joins && f.Config.Logs.DropRedundantAccessLogs {
		parts = append(parts, "access logs that repeat their span")
	}
	return parts
}

// waits says who waits for what, and how long at most.
func (f *Facts) waits() string {
	traces := "traces do not wait"
	if f.Waits {
		traces = fmt.Sprintf("traces: decision_wait %v", f.Config.DecisionWait)
		if f.Config.DecisionWaitAfterRoot > 0 {
			traces += fmt.Sprintf(", decision_wait_after_root %v", f.Config.DecisionWaitAfterRoot)
		}
	}
	parts := []string{traces}
	if f.Stubs {
		parts = append(parts, fmt.Sprintf("logs for their span: join_wait %v", f.Config.Logs.JoinWait))
	}
	if len(f.Config.Logs.RequestIDAttributes) > 0 {
		parts = append(parts, fmt.Sprintf("logs for the trace of their request: decision_wait %v", f.Config.DecisionWait))
	}
	return strings.Join(parts, "; ")
}

// Warn says what the operator should read at start: settings that are valid, and may
// not be what was meant.
func (f *Facts) Warn(log *zap.Logger) {
	f.warnOfHashes(log)
	for _, w := range f.warnings() {
		log.Warn(w)
	}
}

// warnOfHashes says what whoever hides values may not expect.
func (f *Facts) warnOfHashes(log *zap.Logger) {
	routes := &f.Config.Routes
	if routes.HashKey == "" && (routes.RawPath == config.RawPathHash || routes.Parameters == config.ParametersHash) {
		log.Info("routes::hash_key is not set: values are hashed with a key made now, so hashes differ between collectors and after a restart")
	}
	if routes.RawPath != config.RawPathKeep && routes.Parameters == config.ParametersPlain {
		log.Warn("routes::parameters: plain writes the values of paths that routes::raw_path hides",
			zap.String("raw_path", string(routes.RawPath)))
	}
}

func (f *Facts) warnings() (out []string) {
	for _, w := range f.Config.Sampling.Warnings() {
		out = append(out, "sampling: "+w)
	}
	if slow := f.Config.Sampling.SlowerThan; slow >= f.Config.DecisionWait {
		out = append(out, fmt.Sprintf("sampling::slower_than %v is not shorter than decision_wait %v: a span that slow arrives when its trace may be decided already",
			slow, f.Config.DecisionWait))
	}
	if f.Config.Routes.Attribute == record.AttributeHTTPRoute && f.Config.Routes.HTTPRoute == config.HTTPRouteDeclared {
		out = append(out, "routes::attribute is http.route: patterns that were inferred go there, too, whatever routes::http_route says")
	}
	out = append(out, f.idle()...)
	if w := memoryWarning(f.Config.MaxBytes, heapLimit(), memoryBounds()); w != "" {
		out = append(out, w)
	}
	return out
}

// idle names the settings that have no effect.
func (f *Facts) idle() (out []string) {
	both := f.Traces && f.Logs
	why := "only one signal is in the processor's pipelines"
	if both {
		why = "spans do not wait for a verdict, because no rule that needs the whole trace can change it"
	}
	if f.Config.Logs.CountOnSpans && (!both || !f.Waits) {
		out = append(out, "logs::count_on_spans counts nothing: "+why)
	}
	if both {
		why = "logs do not wait, for logs::join_wait is 0s"
	}
	if f.Config.Logs.Repeats() && !f.Joins {
		out = append(out, "logs::deduplicate_access_logs and logs::drop_redundant_access_logs find nothing: "+why)
	}
	return out
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package conditions

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl"
	"github.com/open-telemetry/opentelemetry-collector-contrib/pkg/ottl/ottlfuncs"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-correlation/correlationprocessor/internal/sampling"
)

// traceContext is the OTTL context of conditions on a trace as a whole.
const traceContext = "trace"

// tracePaths are what such conditions can look at.
var tracePaths = map[string]func(*sampling.Trace) any{
	"has_root":    func(t *sampling.Trace) any { return t.HasRoot },
	"span_count":  func(t *sampling.Trace) any { return int64(t.Spans) },
	"log_count":   func(t *sampling.Trace) any { return int64(t.Logs) },
	"error_count": func(t *sampling.Trace) any { return int64(t.Errors) },
	"duration":    func(t *sampling.Trace) any { return t.Duration() },
	"services":    func(t *sampling.Trace) any { return names(t.Services) },
}

func names(list []string) pcommon.Slice {
	s := pcommon.NewSlice()
	s.EnsureCapacity(len(list))
	for _, name := range list {
		s.AppendEmpty().SetStr(name)
	}
	return s
}

// newTraceParser returns the parser of conditions on traces.
func newTraceParser(set component.TelemetrySettings) (ottl.Parser[*sampling.Trace], error) {
	return ottl.NewParser(ottlfuncs.StandardConverters[*sampling.Trace](), tracePath, set,
		ottl.WithPathContextNames[*sampling.Trace]([]string{traceContext}))
}

func tracePath(p ottl.Path[*sampling.Trace]) (ottl.GetSetter[*sampling.Trace], error) {
	get, ok := tracePaths[p.Name()]
	if !ok {
		return nil, fmt.Errorf("a trace has no %q; it has %s.%s", p.Name(), traceContext,
			strings.Join(slices.Sorted(maps.Keys(tracePaths)), ", "+traceContext+"."))
	}
	return ottl.StandardGetSetter[*sampling.Trace]{
		Getter: func(_ context.Context, t *sampling.Trace) (any, error) { return get(t), nil },
		Setter: func(context.Context, *sampling.Trace, any) error { return errors.New("a trace cannot be changed") },
	}, nil
}

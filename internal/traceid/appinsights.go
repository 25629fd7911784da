// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

// parseAppInsights reads the hierarchical id of Application Insights, |root.parent., if its root is a
// W3C id: that is what its SDKs write when both kinds of id are on. The first child of 16 digits is the span.
// Source: https://github.com/dotnet/runtime/blob/main/src/libraries/System.Diagnostics.DiagnosticSource/src/HierarchicalRequestId.md
func parseAppInsights(v string) (Context, bool) {
	root, rest := cut(v[1:], '.')
	id, ok := hexID(root)
	child, _ := cut(rest, '.')
	span, _ := hexSpanID(child)
	return Context{TraceID: id, SpanID: span, Format: FormatAppInsights}, ok && len(root) == 32
}

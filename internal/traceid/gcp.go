// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

import "strings"

// parseGCPName reads projects/PROJECT/traces/ID, the value of logging.googleapis.com/trace and of
// LogEntry.trace. PHP's encoder escapes the slashes of JSON, hence the backslashes.
// Source: https://cloud.google.com/logging/docs/agent/logging/configuration#special-fields
func parseGCPName(v string) (Context, bool) {
	slash := strings.LastIndexByte(v, '/')
	if slash < 0 || !strings.HasPrefix(v, "projects") {
		return Context{}, false
	}
	if path := strings.TrimRight(v[:slash], "\\"); !strings.HasSuffix(path, "/traces") {
		return Context{}, false
	}
	id, ok := hexID(v[slash+1:])
	return Context{TraceID: id, Format: FormatGCP}, ok && len(v)-slash-1 == 32
}

// parseGCPHeader reads X-Cloud-Trace-Context, TRACE_ID/SPAN_ID;o=OPTIONS, whose span is decimal and
// may be missing.
// Source: https://cloud.google.com/trace/docs/trace-context#legacy-http-header
func parseGCPHeader(v string, n int) (Context, bool) {
	if n != 32 {
		return Context{}, false
	}
	id, ok := hexID(v[:n])
	c := Context{TraceID: id, Format: FormatGCP}
	span, options := cut(v[n+1:], ';')
	if s, okSpan := decimalUint(span); okSpan {
		c.SpanID = spanID(s)
	}
	if options == "o=1" || options == "o=0" {
		c.Flags, c.HasFlags = options[2]-'0', true
	}
	return c, ok
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

// NewRelicMark begins the text that New Relic's agents append to a message.
const NewRelicMark = "NR-LINKING|"

// parseNewRelic reads NR-LINKING|entity|host|traceid|spanid|name|. The ids are empty outside of a
// transaction.
// Source: https://github.com/newrelic/newrelic-exporter-specs/tree/master/logging and the agents' decorators.
func parseNewRelic(v string) (Context, bool) {
	if len(v) > len(NewRelicMark) && v[:len(NewRelicMark)] == NewRelicMark {
		v = v[len(NewRelicMark):]
	}
	_, rest := cut(v, '|')
	_, rest = cut(rest, '|')
	trace, rest := cut(rest, '|')
	span, _ := cut(rest, '|')
	id, ok := hexID(trace)
	c := Context{TraceID: id, Format: FormatNewRelic}
	c.SpanID, _ = hexSpanID(span)
	return c, ok && (len(trace) == 32 || len(trace) == 16)
}

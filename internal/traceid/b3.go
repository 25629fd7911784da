// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

// parseB3 reads traceid-spanid[-state[-parent]], with the trace id of n digits. State is 0, 1 or d
// (keep for debugging). Sentry's header has the same form with other flags, and Spring Boot prints
// traceid-spanid in its log prefix.
// Sources: https://github.com/openzipkin/b3-propagation#single-header,
// https://develop.sentry.dev/sdk/telemetry/traces/#header-sentry-trace
func parseB3(h Hint, v string, n int) (Context, bool) {
	if n != 32 && n != 16 {
		return Context{}, false
	}
	id, ok := hexID(v[:n])
	hexSpan, rest := cut(v[n+1:], '-')
	span, okSpan := HexUint(hexSpan)
	if !ok || !okSpan || len(hexSpan) != 16 {
		return Context{}, false
	}
	c := Context{TraceID: id, SpanID: spanID(span), Format: FormatB3}
	if h == HintSentry {
		c.Format = FormatSentry
	}
	state, parent := cut(rest, '-')
	ok = c.setB3State(state) && hexRun(parent) == len(parent)
	return c, ok
}

// setB3State takes over the sampling state and reports whether it is one. The empty state defers
// the decision.
func (c *Context) setB3State(state string) bool {
	switch state {
	case "":
		return true
	case "d":
		c.Debug = true
		c.Flags = flagSampled
	case "1", "true":
		c.Flags = flagSampled
	case "0", "false":
	default:
		return false
	}
	c.HasFlags = true
	return true
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package traceid

// ParseSpring reads the brackets of Spring's log prefix: traceid-spanid (Boot 3.2 and
// later), application,traceid,spanid (the pattern documented for Boot 3.0), or Sleuth's
// application,traceid,spanid,exported. Only the form shows that these are ids, so it must fit
// to the digit.
// Sources: https://docs.spring.io/spring-boot/reference/actuator/tracing.html#actuator.micrometer-tracing.logging,
// https://docs.spring.io/spring-cloud-sleuth/docs/current/reference/html/
func ParseSpring(v string) (Context, bool) {
	trace, span := cut(v, '-')
	if app, rest := cut(v, ','); rest != "" && app != "" {
		var exported string
		trace, rest = cut(rest, ',')
		span, exported = cut(rest, ',')
		if exported != "" && exported != "true" && exported != "false" {
			return Context{}, false
		}
	}
	id, ok := hexID(trace)
	if !ok || id.IsZero() || len(trace) != 32 && len(trace) != 16 {
		return Context{}, false
	}
	c := Context{TraceID: id, Format: FormatSpring}
	c.SpanID, ok = hexSpanID(span)
	return c, ok
}

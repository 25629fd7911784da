// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package outlet

import (
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"

	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/stamp"
)

// Reasons for which an access log goes no further though its trace is kept.
const (
	dropDuplicate = "duplicate"
	dropRedundant = "redundant"
)

// dedup finds the access logs of released traces that another log or a span makes
// superfluous. Evidence is never one of them.
type dedup struct {
	cfg    *JoinConfig
	ids    record.TraceIDs
	dryRun bool
	// last is the last access log about each request, and turn the place of
	// the record looked at, in the order both passes go through them.
	last  map[requestKey]position
	turn  int
	spans map[record.SpanKey]claim
	// dropped counts by reason what was taken out.
	dropped map[string]int
}

// requestKey is the key of a request: of a service, with the span it names, and with
// the method and the path, for a service may call others within one span.
type requestKey struct {
	record.SpanKey
	service, method, path string
}

// position orders the records about a request: by their time, and those of the
// same time by their place.
type position struct {
	at    pcommon.Timestamp
	place int
}

func (m position) after(o position) bool { return m.at > o.at || m.at == o.at && m.place > o.place }

// claim is a request as a span or a log describes it.
type claim struct {
	method, path, pattern string
	status                int
}

func newDedup(cfg *JoinConfig, dryRun bool, ids record.TraceIDs, ld plog.Logs, spans ptrace.Traces) dedup {
	r := dedup{cfg: cfg, ids: ids, dryRun: dryRun}
	if r.cfg.Deduplicate {
		r.noteLogs(ld)
	}
	if r.cfg.DropRedundant {
		r.noteSpans(spans)
	}
	return r
}

func (r *dedup) noteLogs(ld plog.Logs) {
	r.last = map[requestKey]position{}
	place := 0
	for res, lr := range record.EachLog(ld) {
		place++
		if t, access, _ := r.read(res, lr); access {
			key, now := r.key(record.ServiceName(res), lr, t), position{at(lr), place}
			if now.after(r.last[key]) {
				r.last[key] = now
			}
		}
	}
}

func (r *dedup) noteSpans(td ptrace.Traces) {
	r.spans = map[record.SpanKey]claim{}
	for _, s := range record.EachSpan(td) {
		var v record.Span
		v.Read(s.Attributes())
		t := claim{method: v.Method, path: record.BarePath(v.Path.Text), status: v.Status}
		t.pattern = r.pattern(s.Attributes(), v.Route)
		r.spans[r.ids.SpanOf(s.TraceID(), s.SpanID())] = t
	}
}

// read returns the request that the record describes, whether it is an access log
// that names a span, and whether it reports a failure.
func (r *dedup) read(res pcommon.Resource, lr plog.LogRecord) (t claim, access, failed bool) {
	if lr.SpanID().IsEmpty() {
		return claim{}, false, false
	}
	v := readLog(res, lr, r.cfg.PathAttributes)
	t = claim{method: v.Method, path: record.BarePath(v.Path.Text), status: v.Status}
	t.pattern = r.pattern(lr.Attributes(), v.Route)
	access = v.IsAccessLog(lr, t.pattern, &record.Joined{Route: r.cfg.RouteAttribute, Keys: r.cfg.Attributes})
	return t, access, access && record.LogFailed(lr, &v)
}

// readLog reads a log record that was held, as it was read when it arrived.
func readLog(res pcommon.Resource, lr plog.LogRecord, paths []string) (v record.Log) {
	v.Begin(lr)
	for key, val := range lr.Attributes().All() {
		v.Read(key, val, paths)
	}
	v.ReadBody(lr, record.BodyText(lr.Body()), paths)
	v.ReadResource(res)
	return v
}

func (r *dedup) pattern(attrs pcommon.Map, route string) string {
	if v, ok := attrs.Get(r.cfg.RouteAttribute); ok {
		return v.AsString()
	}
	return route
}

func (r *dedup) key(service string, lr plog.LogRecord, t claim) requestKey {
	path := t.path
	if path == "" {
		path = t.pattern
	}
	return requestKey{r.ids.SpanOf(lr.TraceID(), lr.SpanID()), service, t.method, path}
}

// at is the time at which the record was written or, where that is not known, read.
func at(lr plog.LogRecord) pcommon.Timestamp {
	if t := lr.Timestamp(); t != 0 {
		return t
	}
	return lr.ObservedTimestamp()
}

// why returns why the next record is not needed, or "".
func (r *dedup) why(res pcommon.Resource, lr plog.LogRecord) string {
	r.turn++
	t, access, failed := r.read(res, lr)
	if !access || failed {
		return ""
	}
	key := r.key(record.ServiceName(res), lr, t)
	if r.last[key].after(position{at(lr), r.turn}) {
		return dropDuplicate
	}
	if span, ok := r.spans[key.SpanKey]; ok && span.covers(t) {
		return dropRedundant
	}
	return ""
}

// covers reports whether a span describes all that its log does.
func (t claim) covers(log claim) bool {
	where := log.path != "" && log.path == t.path || log.pattern != "" && log.pattern == t.pattern
	return where && (log.method == "" || strings.EqualFold(log.method, t.method)) && (log.status == 0 || log.status == t.status)
}

// takeOut takes the records out that are not needed. In a dry run they stay, with
// the reason as an attribute.
func (r *dedup) takeOut(ld plog.Logs) {
	for _, rl := range ld.ResourceLogs().All() {
		for _, sl := range rl.ScopeLogs().All() {
			sl.LogRecords().RemoveIf(func(lr plog.LogRecord) bool { return r.drops(rl.Resource(), lr) })
		}
	}
}

// drops reports whether the next record is taken out, and counts it.
func (r *dedup) drops(res pcommon.Resource, lr plog.LogRecord) bool {
	why := r.why(res, lr)
	if why == "" {
		return false
	}
	if r.dryRun {
		lr.Attributes().PutStr(stamp.AttributeDryRepeat, why)
		return false
	}
	if r.dropped == nil {
		r.dropped = map[string]int{}
	}
	r.dropped[why]++
	return true
}

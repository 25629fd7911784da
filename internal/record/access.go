// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-correlation/correlationprocessor/internal/accesslog"
)

// Joined says what a processor of this kind, here or in an earlier tier, writes to logs that did not state it
// themselves.
type Joined struct {
	// Route is the attribute with the pattern. A tier writes it before the others, so whatever stands behind it
	// may be joined.
	Route string
	// Keys are the attributes that a log gets from its span.
	Keys []string
}

// IsAccessLog reports whether a record that was read is an access log by its own content: a line of one, or fields with the
// status of the response, or with the request that its text announces. A method and a path alone do not make it one:
// loggers put those of the request that is being served on every record. The pattern is that of the record's
// path.
func (v *Log) IsAccessLog(lr plog.LogRecord, pattern string, by *Joined) bool {
	if !v.IsAccess(pattern) {
		return false
	}
	var own Log
	text := BodyText(lr.Body())
	own.readOwn(lr.Attributes(), by)
	if lr.Body().Type() == pcommon.ValueTypeMap {
		own.readFields(lr.Body().Map())
	} else if r, ok := accesslog.Scan(text); ok && (r.Line || r.Status != 0) {
		return true
	}
	if own.fields.Status() != 0 {
		return true
	}
	if _, ok := own.fields.Request(); ok && (accesslog.Announces(text) || accesslog.Announces(own.message)) {
		return true
	}
	r, ok := accesslog.Scan(own.message)
	return ok && (r.Line || r.Status != 0)
}

// readOwn reads the attributes that were not joined.
func (v *Log) readOwn(attrs pcommon.Map, by *Joined) {
	ordered := slices.Contains(by.Keys, by.Route)
	for key, val := range attrs.All() {
		if key == by.Route {
			return
		}
		if ordered || !slices.Contains(by.Keys, key) {
			v.readField(key, val)
		}
	}
}

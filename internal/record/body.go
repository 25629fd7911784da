// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-correlation/correlationprocessor/internal/accesslog"
)

// ReadBody reads the body for what the attributes leave open: the request that the
// record is about, and its level where the record has no severity. The text is the
// body's (see BodyText); the paths are further keys that hold a path.
func (v *Log) ReadBody(lr plog.LogRecord, text string, paths []string) {
	levelled := lr.SeverityNumber() != plog.SeverityNumberUnspecified || lr.SeverityText() != ""
	if lr.Body().Type() == pcommon.ValueTypeMap {
		for key, val := range lr.Body().Map().All() {
			if !levelled && val.Type() == pcommon.ValueTypeStr && isLevelKey(key) {
				v.level = val.Str()
			}
			v.readField(key, val, paths)
		}
		return
	}
	if text == "" {
		return
	}
	if !levelled {
		v.level = bodyLevel(text)
	}
	if v.Path.Text != "" || v.Route != "" {
		return
	}
	if r, ok := accesslog.Scan(text); ok {
		v.Path.Text, v.Method = r.Path, r.Method
		if v.Status == 0 {
			v.Status = r.Status
		}
	}
}

// BodyText returns the text of a body that is a string, and "" for any other. A
// body of bytes is not read: most are not worth a copy. The text is borrowed.
func BodyText(body pcommon.Value) string {
	if body.Type() == pcommon.ValueTypeStr {
		return body.Str()
	}
	return ""
}

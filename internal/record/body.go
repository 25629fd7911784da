// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-correlation/correlationprocessor/internal/accesslog"
)

// ReadBody reads what the attributes leave open: the request the body is about,
// and its level where the record has no severity.
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

// BodyText is a body that is text. A copy would cost more than most bodies are
// worth, so bytes are not looked into.
func BodyText(body pcommon.Value) string {
	if body.Type() == pcommon.ValueTypeStr {
		return body.Str()
	}
	return ""
}

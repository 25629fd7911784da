// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"cmp"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-correlation/correlationprocessor/internal/loglevel"
)

// ReadBody reads the body for what the attributes leave open: the request that the
// record is about, and its level where the record has no severity. The text is the
// body's (see BodyText); the paths are further keys that hold a path.
func (v *Log) ReadBody(lr plog.LogRecord, text string, paths []string) {
	fromAttributes := v.message
	if !v.levelled {
		v.endLevels()
	}
	v.fields.Later()
	v.levels, v.message, v.line = loglevel.Finder{}, "", ""
	if lr.Body().Type() == pcommon.ValueTypeMap {
		v.readFields(lr.Body().Map())
		v.readNamed(lr.Body().Map(), paths)
	}
	if !v.levelled {
		v.endLevels()
		if v.level == loglevel.Unknown && text != "" {
			v.level = loglevel.Scan(text)
		}
	}
	v.findRequest(text, fromAttributes, v.message)
}

// ReadResource reads the level in the resource's attributes, if neither the record nor its body has one.
func (v *Log) ReadResource(res pcommon.Resource) {
	if v.level != loglevel.Unknown || v.levelled {
		return
	}
	var f loglevel.Finder
	for key, val := range res.Attributes().All() {
		if k := loglevel.Lookup(key); k.Known() {
			offerLevel(&f, k, val, 0)
		}
	}
	v.level = f.Level()
}

func offerLevel(f *loglevel.Finder, k loglevel.Key, val pcommon.Value, depth int) {
	switch val.Type() {
	case pcommon.ValueTypeStr:
		f.Offer(k, val.Str(), depth)
	case pcommon.ValueTypeInt:
		f.OfferInt(k, val.Int(), depth)
	case pcommon.ValueTypeDouble:
		f.OfferInt(k, int64(val.Double()), depth)
	default: // no logger writes it as anything else
	}
}

// hasSeverity reports whether the record's own fields say what its level is.
func hasSeverity(lr plog.LogRecord) bool {
	return lr.SeverityNumber() != plog.SeverityNumberUnspecified || loglevel.Parse(lr.SeverityText()) != loglevel.Unknown
}

// endLevels takes the level of the carrier that was read: that of its fields, or of the line in it.
func (v *Log) endLevels() {
	if v.level == loglevel.Unknown {
		v.level = v.levels.Level()
	}
	if v.level == loglevel.Unknown && v.line != "" {
		v.level = loglevel.Scan(v.line)
	}
}

// readNamed reads the keys of a map body that the user says hold a path. A path in a body is not masked: bodies are
// the user's text.
func (v *Log) readNamed(m pcommon.Map, paths []string) {
	for _, key := range paths {
		if val, ok := m.Get(key); ok && v.Path.Text == "" && val.Type() == pcommon.ValueTypeStr {
			v.Path.Text, v.sure = val.Str(), true
		}
	}
}

// findRequest makes the request of what the fields say and, where they say too little, of a line in one of the texts.
func (v *Log) findRequest(texts ...string) {
	r, _ := v.fields.Request()
	if !v.sure {
		v.Path.Text = r.Path
	}
	for _, text := range texts {
		if v.Path.Text != "" || r.Route != "" || text == "" {
			continue
		}
		if line, ok := v.fields.Scan(text); ok {
			r, v.Path.Text = line, line.Path
		}
	}
	v.Method = cmp.Or(r.Method, v.fields.Method())
	v.Status = cmp.Or(v.fields.Status(), r.Status)
	v.Route = r.Route
	v.userAgent = cmp.Or(r.UserAgent, v.fields.UserAgent())
}

// BodyText returns the text of a body that is a string, and "" for any other. A
// body of bytes is not read: most are not worth a copy. The text is borrowed.
func BodyText(body pcommon.Value) string {
	if body.Type() == pcommon.ValueTypeStr {
		return body.Str()
	}
	return ""
}

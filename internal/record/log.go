// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"cmp"
	"slices"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"

	"github.com/otelcol-correlation/correlationprocessor/internal/accesslog"
	"github.com/otelcol-correlation/correlationprocessor/internal/loglevel"
)

// Log is what one pass over a log record finds: after Begin, Read takes its attributes, one by one, then ReadBody the rest, and
// ReadResource what neither has. Its strings are borrowed from the record; what is not there is empty or 0.
type Log struct {
	Path   Path
	Method string
	Route  string // http.route, as the framework wrote it
	Status int    // of HTTP: 100 to 599, or 0
	// Debug: the header in which the trace id was found asks to keep the trace.
	Debug bool
	// Promoted: the record's trace id was found outside its own field, and
	// Unsampled: the flags found with it mark a trace that was not sampled.
	Promoted, Unsampled bool
	Header              Header // of a record with a trace id of its own

	userAgent string
	synthetic string
	// the threshold and the randomness that an earlier stage wrote
	threshold, randomness string
	// level is Unknown where the record has a severity, or nothing states one. With
	// levelled no field is read for it.
	level    loglevel.Level
	levelled bool

	// of the carrier that is being read: what its keys say of the request and of the level, its text, and the
	// line of another program in it
	fields        accesslog.Fields
	levels        loglevel.Finder
	message, line string
	sure          bool // an attribute holds a path whatever stands beside it
}

// Ranks of attributes that hold a path. Those that accesslog knows have steps between them, for attributes may have a
// whole URL, of which accesslog says no more than that it may be that of a call: it goes behind url.path and
// http.target. The keys that the user names go behind all others.
const (
	rankStep   = 4
	rankFull   = 2*rankStep + 1
	firstNamed = 1024
)

// Begin notes whether the record has a severity, which spares the search for a level.
func (v *Log) Begin(lr plog.LogRecord) { v.levelled = hasSeverity(lr) }

// Read notes an attribute. It reports whether the attribute holds a path, a route, a
// method, a status code or the like, so that no trace id has to be looked for in
// it. The paths are further keys that hold a path, best first.
func (v *Log) Read(key string, val pcommon.Value, paths []string) bool {
	switch key {
	case "url.full":
		v.addPath(rankFull, val)
	case "http.url":
		v.addPath(rankFull+1, val)
	case "user_agent.synthetic.type":
		v.synthetic = val.Str()
	case AttributeThreshold:
		v.threshold = val.AsString()
	case AttributeRandomness:
		v.randomness = val.AsString()
	default:
		if i := slices.Index(paths, key); i >= 0 {
			v.addPath(firstNamed+i, val)
			return true
		}
		k := v.readField(key, val)
		if k.IsPath() && k.Sure() {
			v.addPath(rankStep*k.Rank(), val)
		}
		return k.Known()
	}
	return true
}

// addPath notes an attribute that holds a path whatever stands beside it.
func (v *Log) addPath(rank int, val pcommon.Value) {
	v.Path.add(rank, val)
	v.sure = v.sure || v.Path.Text != ""
}

// readField notes a field of the attributes or the body, and those in it that can matter. It returns what the key means
// for the request.
func (v *Log) readField(key string, val pcommon.Value) accesslog.Key {
	kind := val.Type()
	if kind == pcommon.ValueTypeMap {
		v.enter(place{inRequest: true, inLevel: !v.levelled}, key, val.Map())
		return accesslog.Key{}
	}
	request, level := frequent(key), loglevel.Key{}
	if !request.Known() {
		request = accesslog.Lookup(key)
		if !v.levelled {
			level = loglevel.Lookup(key)
		}
	}
	switch {
	case request.Known() || level.Known():
		v.offer(request, level, val, 0)
	case kind == pcommon.ValueTypeStr && accesslog.IsMessage(key):
		v.message = cmp.Or(v.message, val.Str())
		if loglevel.IsMessage(key) {
			v.line = cmp.Or(v.line, val.Str())
		}
	}
	return request
}

// The keys of the semantic conventions, which most records of requests have: to find them takes a fifth of what it
// takes to look them up.
var (
	keyPath   = accesslog.Lookup("url.path")
	keyMethod = accesslog.Lookup("http.request.method")
	keyStatus = accesslog.Lookup("http.response.status_code")
	keyRoute  = accesslog.Lookup(AttributeHTTPRoute)
	keyAgent  = accesslog.Lookup("user_agent.original")
)

func frequent(key string) accesslog.Key {
	switch key {
	case "url.path":
		return keyPath
	case "http.request.method":
		return keyMethod
	case "http.response.status_code":
		return keyStatus
	case AttributeHTTPRoute:
		return keyRoute
	case "user_agent.original":
		return keyAgent
	}
	return accesslog.Key{}
}

func (v *Log) readFields(m pcommon.Map) {
	for key, val := range m.All() {
		v.readField(key, val)
	}
}

// place is the object that a field lies in, and which keys can stand there.
type place struct {
	request, level     accesslog.Scope
	inRequest, inLevel bool
	depth              int
}

// enter reads the fields of the object under key, if some can matter.
func (v *Log) enter(in place, key string, m pcommon.Map) {
	if in.inRequest {
		in.request, in.inRequest = accesslog.Enter(in.request, key)
	}
	if in.inLevel {
		in.level, in.inLevel = loglevel.Enter(in.level, key)
	}
	if !in.inRequest && !in.inLevel {
		return
	}
	in.depth++
	for key, val := range m.All() {
		if val.Type() == pcommon.ValueTypeMap {
			v.enter(in, key, val.Map())
			continue
		}
		var request accesslog.Key
		var level loglevel.Key
		if in.inRequest {
			request = accesslog.LookupIn(&in.request, key)
		}
		if in.inLevel {
			level = loglevel.LookupIn(&in.level, key)
		}
		v.offer(request, level, val, in.depth)
	}
}

func (v *Log) offer(request accesslog.Key, level loglevel.Key, val pcommon.Value, depth int) {
	if level.Known() {
		offerLevel(&v.levels, level, val, depth)
	}
	switch val.Type() {
	case pcommon.ValueTypeStr:
		v.fields.Offer(request, val.Str())
	case pcommon.ValueTypeInt:
		v.fields.OfferInt(request, val.Int())
	case pcommon.ValueTypeDouble:
		v.fields.OfferInt(request, int64(val.Double()))
	default: // no logger writes it as anything else
	}
}

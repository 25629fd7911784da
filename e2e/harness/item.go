// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package harness

import (
	"time"

	"go.opentelemetry.io/collector/pdata/pcommon"
)

// Signal says whether an item is a span or a log.
type Signal int

// The two signals of a load.
const (
	Spans Signal = iota
	Logs
)

func (s Signal) String() string {
	if s == Spans {
		return "spans"
	}
	return "logs"
}

// Fault is the way in which an item tells of an error, if it does.
type Fault int

// The faults a load has. ClientError is the decoy among them: an answer in the
// 4xx range, or a warning that speaks of an error, is no evidence.
const (
	NoFault Fault = iota
	ClientError
	SpanStatusError
	ServerError
	SeverityNumberError
	SeverityTextError
)

// Evidence reports whether the fault has to keep its trace.
func (f Fault) Evidence() bool {
	return f > ClientError
}

// Place is where a log carries its trace id.
type Place int

// The places a load uses; spans know only the record field. A log that carries it
// nowhere has the id of a request.
const (
	InField Place = iota
	InAttribute
	InBody
	Nowhere
)

// Item is one span or one log of a load.
type Item struct {
	Key     int64 // unique in its load, from 1; travels as the item's time
	Signal  Signal
	Trace   pcommon.TraceID
	Span    pcommon.SpanID // the span itself, or the one the log was written in
	Parent  pcommon.SpanID // empty for a root span
	Service string
	Fault   Fault
	IDIn    Place
	Path    string // of the request; empty for one of the item's own
	Route   string // as the service's framework has it; empty for none
	Request string // the request's id; empty for none
	Noise   int    // bytes that it carries besides, and that do not compress
}

// epoch is the time of key 0. An item's time is the one field that a span and a
// log both have, whatever else it lacks, so the key travels there.
var epoch = time.Date(2026, time.January, 1, 0, 0, 0, 0, time.UTC)

// TimeOf is the time that stands for a key.
func TimeOf(key int64) pcommon.Timestamp {
	return pcommon.NewTimestampFromTime(epoch.Add(time.Duration(key)))
}

// KeyOf is the key that a time stands for.
func KeyOf(at pcommon.Timestamp) int64 {
	return int64(at.AsTime().Sub(epoch))
}

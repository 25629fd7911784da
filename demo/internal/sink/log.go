// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"encoding/json"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

// Log is what a check needs to know of a log record.
type Log struct {
	Service string
	Time    pcommon.Timestamp // zero for a line read from a file
	Body    string
	Trace   pcommon.TraceID // from wherever it stands in the record
	Span    pcommon.SpanID  // zero if its field is empty
	InField bool            // Trace stands in the record's own field
	Missing Reason          // why there is no Trace, empty if there is one
	Path    string          // raw path, empty if the record tells none
	Pattern string          // route pattern, empty if the record has none
	Failed  bool            // severity ERROR or above
}

// FromLine reads a line of a log file as a collector that tails the file would,
// without any parsing: the line is the body.
func FromLine(service, line string) Log {
	record := plog.NewLogRecord()
	record.Body().SetStr(line)
	return readLog(service, record)
}

func readLogs(logs plog.Logs) []Log {
	read := make([]Log, 0, logs.LogRecordCount())
	for _, resource := range logs.ResourceLogs().All() {
		service := text(resource.Resource().Attributes(), "service.name")
		for _, scope := range resource.ScopeLogs().All() {
			for _, record := range scope.LogRecords().All() {
				read = append(read, readLog(service, record))
			}
		}
	}
	return read
}

func readLog(service string, record plog.LogRecord) Log {
	line := parseLine(record.Body())
	trace, missing := findTrace(record, line)
	path := rawPath(record.Attributes())
	if path == "" {
		path = line.Path
	}
	return Log{
		Service: service,
		Time:    record.Timestamp(),
		Body:    record.Body().AsString(),
		Trace:   trace,
		Span:    record.SpanID(),
		InField: !record.TraceID().IsEmpty(),
		Missing: missing,
		Path:    path,
		Pattern: text(record.Attributes(), patternAttribute),
		Failed:  record.SeverityNumber() >= plog.SeverityNumberError,
	}
}

// line is what the demo's JSON lines say about themselves.
type line struct {
	TraceID string `json:"trace_id"`
	Path    string `json:"path"`
}

// parseLine reads a JSON body; any other body yields an empty line.
func parseLine(body pcommon.Value) line {
	var parsed line
	if body.Type() != pcommon.ValueTypeStr || json.Unmarshal([]byte(body.Str()), &parsed) != nil {
		return line{}
	}
	return parsed
}

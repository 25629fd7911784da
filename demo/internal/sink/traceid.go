// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package sink

import (
	"encoding/hex"
	"strings"

	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

// Reason says why a log has no trace id, in the words of the processor's metric.
type Reason string

// The reasons the demo's services give cause for.
const (
	Absent      Reason = "absent"
	InvalidZero Reason = "invalid_zero"
	Placeholder Reason = "placeholder"
	Malformed   Reason = "malformed"
)

// findTrace looks where the demo's services write trace ids: in the record's
// own field, in the attribute traceparent, in the JSON body. It is written
// apart from the processor's own search, for it is there to check it.
func findTrace(record plog.LogRecord, body line) (pcommon.TraceID, Reason) {
	if id := record.TraceID(); !id.IsEmpty() {
		return id, ""
	}
	written := body.TraceID
	if parent := text(record.Attributes(), "traceparent"); parent != "" {
		written = parent
		if fields := strings.Split(parent, "-"); len(fields) == 4 {
			written = fields[1]
		}
	}
	return parseTrace(written)
}

func parseTrace(written string) (pcommon.TraceID, Reason) {
	switch written {
	case "":
		return pcommon.TraceID{}, Absent
	case "-", "N/A":
		return pcommon.TraceID{}, Placeholder
	}
	id, err := hex.DecodeString(written)
	if err != nil || len(id) != len(pcommon.TraceID{}) {
		return pcommon.TraceID{}, Malformed
	}
	if trace := pcommon.TraceID(id); !trace.IsEmpty() {
		return trace, ""
	}
	return pcommon.TraceID{}, InvalidZero
}

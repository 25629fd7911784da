// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/plog"
)

// A log that its logger calls an error keeps its trace, whatever carries the level, and nothing that only looks like one does.
func TestLevelsOfLoggersKeepTheirTraces(t *testing.T) {
	body := func(text string) func(plog.LogRecord) { return func(lr plog.LogRecord) { lr.Body().SetStr(text) } }
	attr := func(key string, val any) func(plog.LogRecord) {
		return func(lr plog.LogRecord) { _ = lr.Attributes().FromRaw(map[string]any{key: val}) }
	}
	severity := func(text string) func(plog.LogRecord) { return func(lr plog.LogRecord) { lr.SetSeverityText(text) } }
	wrapped := func(level string) string {
		inner := map[string]any{"stack_trace": strings.Repeat("\tat com.example.Shop.charge(Shop.java:7)\n", 300), "level": level}
		line, err := json.Marshal(inner)
		require.NoError(t, err)
		outer, err := json.Marshal(map[string]any{"log": string(line) + "\n", "stream": "stdout"})
		require.NoError(t, err)
		return string(outer)
	}
	for name, tt := range map[string]struct {
		change func(plog.LogRecord)
		kept   bool
	}{
		"pino's number as an attribute":  {attr("level", 50), true},
		"pino's number as text":          {attr("level", "60"), true},
		"pino's warning":                 {attr("level", 40), false},
		"a word as an attribute":         {attr("level", "error"), true},
		"pino's line":                    {body(`{"level":50,"pid":17,"msg":"replica unreachable"}`), true},
		"of a request":                   {attr("req", map[string]any{"level": "error"}), false},
		"a short name of the data model": {severity("ERROR3"), true},
		"a warning of the data model":    {severity("WARN4"), false},
		"klog's letter":                  {severity("E"), true},
		"with blanks":                    {severity(" ERROR "), true},
		"Docker's JSON, behind a stack":  {body(wrapped("ERROR")), true},
		"the same, no error":             {body(wrapped("INFO")), false},
		"journald":                       {func(lr plog.LogRecord) { _ = lr.Body().FromRaw(map[string]any{"MESSAGE": "no reply", "PRIORITY": "3"}) }, true},
		"journald, the service's own": {func(lr plog.LogRecord) {
			_ = lr.Body().FromRaw(map[string]any{"MESSAGE": "level=fatal", "PRIORITY": "6"})
		}, true},
		"an ERROR that a text is about":    {body("the ERROR page is shown"), false},
		"a status of a job":                {attr("status", 503), false},
		"a status beside a method":         {func(lr plog.LogRecord) { attr("status", 503)(lr); lr.Attributes().PutStr("method", "GET") }, true},
		"a status of a closed WebSocket":   {attr("http.response.status_code", 1006), false},
		"an access log without quotes":     {body("2026/11/21 09:53:01 END: GET /users/1 -> 502"), true},
		"an access log of the audit":       {body(`{"level":"Metadata","verb":"list","requestURI":"/api/v1/pods","responseStatus":{"code":500}}`), true},
		"an access log that is no failure": {body("2026/11/21 09:53:01 END: GET /users/1 -> 404"), false},
	} {
		t.Run(name, func(t *testing.T) {
			bubbled(t, onePercent, func(t *testing.T, p *pipelines) {
				p.send(spanOf(1, 1), logOf(1, 1, tt.change))
				time.Sleep(40 * time.Second)
				want := 0
				if tt.kept {
					want = 1
				}
				require.Len(t, p.spans(), want)
				require.Len(t, p.records(), want)
			})
		})
	}
	bubbled(t, onePercent, func(t *testing.T, p *pipelines) {
		ld := logOf(1, 1)
		ld.ResourceLogs().At(0).Resource().Attributes().PutStr("log.level", "error")
		p.send(spanOf(1, 1), ld)
		time.Sleep(40 * time.Second)
		require.Len(t, p.spans(), 1, "the resource may carry it")
	})
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package record

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
)

type fields = map[string]any

// logger is how a logging library writes a record: as fields, and as a line, which is the fields as JSON where
// it has no other form. In both, LEVEL stands for the level, which is one of a pair: an error, and what is none.
type logger struct {
	fields      fields
	line        string
	bad, better any
}

const levelHere = "LEVEL"

var loggers = map[string]logger{
	"zap":     {fields: fields{"level": levelHere, "ts": 1.5, "caller": "a/b.go:7", "msg": "no reply"}, bad: "error", better: "warn"},
	"zerolog": {fields: fields{"level": levelHere, "time": "2026-11-21T09:53:01Z", "message": "no reply"}, bad: "panic", better: "info"},
	"zerolog, console": {
		fields: fields{"level": levelHere, "message": "no reply"}, line: "9:53AM \x1b[31mLEVEL\x1b[0m no reply", bad: "FTL", better: "INF",
	},
	"logrus": {
		fields: fields{"level": levelHere, "msg": "no reply"}, line: `time="2026-11-21T09:53:01Z" level=LEVEL msg="no reply at level=error"`,
		bad: "fatal", better: "info",
	},
	"slog": {
		fields: fields{"time": "2026-11-21", "level": levelHere, "msg": "no reply"},
		line:   `time=2026-11-21T09:53:01Z level=LEVEL msg="no reply" status=down`, bad: "ERROR", better: "DEBUG-4",
	},
	"pino":    {fields: fields{"level": levelHere, "time": 1790000000000, "pid": 17, "msg": "no reply"}, bad: 50, better: 30},
	"bunyan":  {fields: fields{"name": "a", "hostname": "b", "pid": 1, "level": levelHere, "msg": "no reply", "v": 0}, bad: 60, better: 40},
	"winston": {fields: fields{"message": "no reply", "level": levelHere, "timestamp": "2026-11-21"}, bad: "crit", better: "http"},
	"winston, printf": {
		fields: fields{"level": levelHere, "message": "no reply"}, line: "2026-11-21T09:53:01.000Z LEVEL: no reply", bad: "error", better: "warn",
	},
	"log4j2, JsonLayout": {fields: fields{"instant": fields{"epochSecond": 1}, "thread": "main", "level": levelHere, "loggerName": "a", "message": "no reply"}, bad: "FATAL", better: "WARN"},
	"log4j2, ECS":        {fields: fields{"@timestamp": "2026-11-21T09:53:01Z", "log.level": levelHere, "message": "no reply", "ecs.version": "1.2.0"}, bad: "ERROR", better: "INFO"},
	"log4j2, pattern": {
		fields: fields{"level": levelHere, "message": "no reply"}, line: "2026-11-21 09:53:01,123 LEVEL [http-nio-8080-exec-1] c.e.Shop - no reply",
		bad: "ERROR", better: "TRACE",
	},
	"ECS, nested":              {fields: fields{"log": fields{"level": levelHere, "logger": "a"}, "message": "no reply"}, bad: "error", better: "info"},
	"logstash-logback-encoder": {fields: fields{"@version": "1", "message": "no reply", "level": levelHere, "level_value": 1}, bad: "ERROR", better: "WARN"},
	"logback, by value":        {fields: fields{"message": "no reply", "level_value": levelHere}, bad: 40000, better: 30000},
	"python-json-logger":       {fields: fields{"asctime": "2026-11-21 09:53:01,123", "levelname": levelHere, "message": "no reply"}, bad: "CRITICAL", better: "WARNING"},
	"python, by number":        {fields: fields{"levelno": levelHere, "message": "no reply"}, bad: 40, better: 30},
	"python, text": {
		fields: fields{"levelname": levelHere, "message": "no reply"}, line: "2026-11-21 09:53:01,123 - root - LEVEL - no reply", bad: "ERROR", better: "INFO",
	},
	"python, basic": {fields: fields{"levelname": levelHere, "message": "no reply"}, line: "LEVEL:root:no reply", bad: "ERROR", better: "WARNING"},
	"structlog":     {fields: fields{"event": "no reply", "level": levelHere, "logger": "a"}, bad: "critical", better: "info"},
	"loguru":        {fields: fields{"text": "no reply", "record": fields{"level": fields{"name": levelHere, "icon": "x"}}}, bad: "ERROR", better: "SUCCESS"},
	"Serilog, compact": {
		fields: fields{"@t": "2026-11-21T09:53:01Z", "@mt": "no reply", "@l": levelHere}, bad: "Error", better: "Warning",
	},
	"Serilog, rendered": {fields: fields{"Timestamp": "2026-11-21", "Level": levelHere, "RenderedMessage": "no reply", "Properties": fields{}}, bad: "Fatal", better: "Information"},
	"Serilog, console":  {fields: fields{"Level": levelHere, "Message": "no reply"}, line: "[09:53:01 LEVEL] no reply", bad: "ERR", better: "INF"},
	".NET, JSON":        {fields: fields{"EventId": 0, "LogLevel": levelHere, "Category": "a", "Message": "no reply"}, bad: "Critical", better: "Information"},
	".NET, console":     {fields: fields{"LogLevel": levelHere}, line: "LEVEL: Shop.Cart[0]\n      no reply", bad: "fail", better: "info"},
	"NLog": {
		fields: fields{"time": "2026-11-21", "level": levelHere, "message": "no reply"}, line: "2026-11-21 09:53:01.1234|LEVEL|Shop.Cart|no reply", bad: "ERROR", better: "INFO",
	},
	"Monolog": {fields: fields{"message": "no reply", "context": fields{"level": 600}, "level": levelHere, "channel": "app"}, bad: 400, better: 300},
	"Monolog, line": {
		fields: fields{"level_name": levelHere, "channel": "app"}, line: "[2026-11-21T09:53:01.000000+00:00] app.LEVEL: no reply", bad: "ERROR", better: "NOTICE",
	},
	"Monolog, by name":        {fields: fields{"message": "no reply", "level_name": levelHere, "channel": "app"}, bad: "EMERGENCY", better: "NOTICE"},
	"lograge":                 {fields: fields{"method": "GET", "path": "/a", "status": 200, "severity": levelHere}, bad: "ERROR", better: "INFO"},
	"semantic_logger":         {fields: fields{"host": "a", "level": levelHere, "level_index": 4, "message": "no reply"}, bad: "fatal", better: "info"},
	"Ruby's Logger":           {fields: fields{"severity": levelHere}, line: "LEVEL, [2026-03-17T21:50:00.602516 #97] no reply", bad: "F", better: "I"},
	"journald":                {fields: fields{"MESSAGE": "no reply", "PRIORITY": levelHere, "_PID": "7"}, bad: "3", better: "6"},
	"GELF":                    {fields: fields{"version": "1.1", "host": "a", "short_message": "no reply", "level": levelHere}, bad: 3, better: 4},
	"syslog, ECS":             {fields: fields{"log": fields{"syslog": fields{"severity": fields{"code": levelHere}}}, "message": "no reply"}, bad: 2, better: 5},
	"syslog, Logstash":        {fields: fields{"severity": levelHere, "facility": 1, "message": "no reply"}, bad: 3, better: 6},
	"syslog, RFC 5424":        {fields: fields{"syslog.severity.code": levelHere}, line: "<LEVEL>1 2026-11-21T09:53:01Z host app 7 - - no reply", bad: 3, better: 6},
	"MongoDB":                 {fields: fields{"t": fields{"$date": "2026"}, "s": levelHere, "c": "NETWORK", "id": 1, "ctx": "conn1", "msg": "no reply"}, bad: "E", better: "I"},
	"MongoDB before 4.4":      {fields: fields{"s": levelHere, "c": "NETWORK"}, line: "2026-11-21T09:53:01.000+0000 LEVEL NETWORK  [conn1] no reply", bad: "E", better: "I"},
	"klog":                    {fields: fields{"level": levelHere, "msg": "no reply"}, line: "LEVEL0102 15:04:05.000000       1 main.go:12] no reply", bad: "E", better: "W"},
	"Google Cloud":            {fields: fields{"severity": levelHere, "message": "no reply"}, bad: "ALERT", better: "DEFAULT"},
	"Google Cloud, by number": {fields: fields{"severity": levelHere, "message": "no reply"}, bad: 500, better: 400},
	"tracing-subscriber":      {fields: fields{"timestamp": "2026-11-21", "level": levelHere, "fields": fields{"message": "no reply"}, "target": "a"}, bad: "ERROR", better: "INFO"},
	"tracing-subscriber, text": {
		fields: fields{"level": levelHere}, line: "2026-11-21T09:53:01.123456Z LEVEL shop::cart: no reply id=7", bad: "ERROR", better: " INFO",
	},
	"java.util.logging":        {fields: fields{"level": levelHere, "message": "no reply"}, bad: "SEVERE", better: "FINE"},
	"hclog":                    {fields: fields{"@level": levelHere, "@message": "no reply"}, line: "2026-11-21T09:53:01.123Z [LEVEL] shop: no reply", bad: "ERROR", better: "WARN"},
	"log15":                    {fields: fields{"lvl": levelHere, "msg": "no reply"}, line: `t=2026-11-21T09:53:01+0000 lvl=LEVEL msg="no reply"`, bad: "eror", better: "dbug"},
	"nginx":                    {fields: fields{"level": levelHere}, line: "2026/11/21 09:53:01 [LEVEL] 7#7: *1 connect() failed", bad: "crit", better: "notice"},
	"Apache":                   {fields: fields{"level": levelHere}, line: "[Fri Nov 27 11:00:00.123 2026] [core:LEVEL] [pid 1] no reply", bad: "error", better: "info"},
	"PostgreSQL":               {fields: fields{"error_severity": "x", "level": levelHere}, line: "2026-11-21 09:53:01.123 UTC [7] LEVEL:  no reply", bad: "ERROR", better: "LOG"},
	"OpenTelemetry":            {fields: fields{"severity_text": levelHere, "body": "no reply"}, bad: "ERROR3", better: "WARN4"},
	"OpenTelemetry, by number": {fields: fields{"severity_number": levelHere, "body": "no reply"}, bad: 17, better: 16},
	"Application Insights":     {fields: fields{"severityLevel": levelHere, "message": "no reply"}, bad: 3, better: 2},
}

// as returns the fields and the line with the level.
func (l logger) as(level any) (fields, string) {
	text := strings.TrimSpace(fmt.Sprint(level))
	if l.line != "" {
		return put(l.fields, level), strings.Replace(l.line, levelHere, text, 1)
	}
	return put(l.fields, level), inJSON(put(l.fields, level))
}

// put returns the fields with the level in its place.
func put(in fields, level any) fields {
	out := fields{}
	for key, val := range in {
		switch val := val.(type) {
		case fields:
			out[key] = put(val, level)
		default:
			out[key] = val
			if val == levelHere {
				out[key] = level
			}
		}
	}
	return out
}

func inJSON(f fields) string {
	text, err := json.Marshal(f)
	if err != nil {
		panic(err)
	}
	return string(text)
}

// quoted is a line as the field of a JSON object.
func quoted(key, line string) string {
	return inJSON(fields{key: line + "\n", "stream": "stdout"})
}

// carriers are the places in which a record may come.
var carriers = map[string]func(lr plog.LogRecord, f fields, line string) error{
	"attributes": func(lr plog.LogRecord, f fields, _ string) error {
		lr.Body().SetStr("no reply")
		return lr.Attributes().FromRaw(f)
	},
	"map body": func(lr plog.LogRecord, f fields, _ string) error { return lr.Body().FromRaw(f) },
	"text":     func(lr plog.LogRecord, _ fields, line string) error { lr.Body().SetStr(line); return nil },
	"CRI": func(lr plog.LogRecord, _ fields, line string) error {
		lr.Body().SetStr("2026-11-21T09:53:01.1Z stdout F " + line)
		return nil
	},
	"Docker": func(lr plog.LogRecord, _ fields, line string) error {
		lr.Body().SetStr(quoted("log", line))
		return nil
	},
	"Docker twice": func(lr plog.LogRecord, _ fields, line string) error {
		lr.Body().SetStr(quoted("message", quoted("log", line)))
		return nil
	},
	"map's text": func(lr plog.LogRecord, _ fields, line string) error {
		return lr.Body().FromRaw(fields{"MESSAGE": line, "PRIORITY": "6", "_BOOT_ID": "x"})
	},
	"attribute with the line": func(lr plog.LogRecord, _ fields, line string) error {
		return lr.Attributes().FromRaw(fields{"log": line, "logtag": "F"})
	},
	"parsed by the runtime's agent": func(lr plog.LogRecord, f fields, _ string) error {
		return lr.Body().FromRaw(fields{"log_processed": f, "stream": "stderr"})
	},
}

// What a logger calls an error is one in whatever carrier it comes, and what it calls less is none.
func TestLevelsOfLoggersInAllCarriers(t *testing.T) {
	for name, l := range loggers {
		for carrier, fill := range carriers {
			for _, level := range []any{l.bad, l.better} {
				lr := plog.NewLogRecord()
				f, line := l.as(level)
				require.NoError(t, fill(lr, f, line))
				v := readLogRecord(lr.Attributes(), lr)
				require.Equal(t, level == l.bad, LogFailed(lr, &v), "%s in %s: %v %s", name, carrier, f, line)
			}
		}
	}
}

// A level of something else than the record, and what only looks like one, says nothing.
func TestLevelsOfOthers(t *testing.T) {
	for _, f := range []fields{
		{"req": fields{"level": "error"}},
		{"error": fields{"level": "fatal"}},
		{"err": fields{"level": 50}},
		{"params": fields{"level": "error"}},
		{"context": fields{"level": "error"}},
		{"extra": fields{"severity": "critical"}},
		{"user": fields{"level": 50}},
		{"labels": fields{"x": fields{"level": "error"}}},
		{"req.level": "error"},
		{"error.level": "error"},
		{"params.level": "error"},
		{"level_id": "error"},
		{"sublevel": 50},
		{"events": []any{fields{"level": "error"}}},
		{"level": []any{"error"}},
		{"level": nil},
		{"level": true},
		{"level": 3},
		{"level": 0},
		{"level": 40},
		{"level": 42},
		{"level": 55},
		{"level": 1000},
		{"level": -50},
		{"priority": 1},
		{"priority": "3"},
		{"priority": "critical"},
		{"PRIORITY": 6},
		{"severity": 0},
		{"severity": 9.8},
		{"severity": 17},
		{"s": "E"},
		{"s": "E", "name": "x"},
		{"version": "1.1", "level": 6},
		{"version": "2.0", "level": 3},
		{"c": "NETWORK"},
		{"level": "Metadata"},
		{"level": "errors"},
		{"level": "error rate"},
		{"level": ""},
		{"status": "error"},
		{"error": "no reply"},
		{"msg": "set level=error"},
		{"msg": "ERROR pages are built"},
		{"level": "info", "log": fields{"level": "error"}},
		{"level": "info", "message": `{"level":"error"}`},
		{"level": "info", "severity": "ERROR"},
	} {
		for _, carrier := range []string{"attributes", "map body", "text", "Docker"} {
			lr := plog.NewLogRecord()
			line := inJSON(f)
			require.NoError(t, carriers[carrier](lr, f, line))
			v := readLogRecord(lr.Attributes(), lr)
			require.False(t, LogFailed(lr, &v), "%s in %s", line, carrier)
		}
	}
}

// The number goes before the text, that before the attributes, those before the body, and that before the resource.
func TestOrderOfLevels(t *testing.T) {
	const failed, fine = "error", "info"
	carry := func(level string, set func(plog.LogRecord, pcommon.Resource, string)) func(bool, plog.LogRecord, pcommon.Resource) {
		return func(bad bool, lr plog.LogRecord, res pcommon.Resource) {
			if bad {
				set(lr, res, failed)
			} else {
				set(lr, res, level)
			}
		}
	}
	order := []func(bad bool, lr plog.LogRecord, res pcommon.Resource){
		func(bad bool, lr plog.LogRecord, _ pcommon.Resource) {
			lr.SetSeverityNumber(map[bool]plog.SeverityNumber{true: plog.SeverityNumberError, false: plog.SeverityNumberInfo}[bad])
		},
		carry(fine, func(lr plog.LogRecord, _ pcommon.Resource, level string) { lr.SetSeverityText(level) }),
		carry(fine, func(lr plog.LogRecord, _ pcommon.Resource, level string) { lr.Attributes().PutStr("level", level) }),
		carry(fine, func(lr plog.LogRecord, _ pcommon.Resource, level string) {
			lr.Attributes().PutStr("message", "level="+level)
		}),
		carry(fine, func(lr plog.LogRecord, _ pcommon.Resource, level string) {
			lr.Body().SetStr(`{"level":"` + level + `"}`)
		}),
		carry(fine, func(_ plog.LogRecord, res pcommon.Resource, level string) {
			res.Attributes().PutStr("log.level", level)
		}),
	}
	for first := range order {
		for _, bad := range []bool{true, false} {
			lr, res := plog.NewLogRecord(), pcommon.NewResource()
			lr.SetSeverityText("stdout") // says nothing
			for i := first; i < len(order); i++ {
				order[i](bad == (i == first), lr, res)
			}
			v := readLogRecord(lr.Attributes(), lr)
			v.ReadResource(res)
			require.Equal(t, bad, LogFailed(lr, &v), "%d %v", first, bad)
		}
	}
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package loglevel

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"
)

func TestWords(t *testing.T) {
	for level, words := range map[Level]string{
		Error: "error ERR Eror ERRO E fatal FTL fata F critical CRIT alert emergency emerg panic PANI pnc dpanic SEVERE fail fault " +
			"50 400 ERROR2 ERROR3 ERROR4 FATAL2 FATAL3 FATAL4 [error] (ERROR) <err> Error:",
		Below:   "trace TRC debug dbug DEBUG2 D1 D5 info INF I information notice warn WARNING WRN WARN4 W 30 log verbose fine success http",
		Unknown: "er errors errored metadata none x 3 7 42 55 ERROR9 informationals error! - [] ïnfo",
	} {
		for word := range strings.FieldsSeq(words) {
			assert.Equal(t, level, Parse(word), word)
			assert.Equal(t, level, Parse("\t "+word+" \n"), word)
		}
	}
	assert.Equal(t, Unknown, Parse(""))
	assert.Equal(t, Unknown, Parse("error rate"))
}

// texts are lines by the level that they state.
var texts = map[Level][]string{
	Error: {
		`{"level":"error"}`, `{"ts":1, "level" : "error"}`, `{"a":{"b":1},"level":"error"}`, `{"msg":"x","level":50}`, `{"level":"error","msg":"cut of`,
		`ts=1 level=ERROR msg="x"`, `lvl="crit" msg="x"`, `severity=panic`, `level=50 msg=x`, `a=b [level=error] x`, `msg="level=info" level=error`,
		"ERROR", "ERROR no reply", "error: no reply", "[error] no reply", "E0102 15:04:05.000000       1 main.go:12] no reply",
		"2026-11-21 09:53:01,123 ERROR [worker-7] c.e.shop.OrderService - no reply", "2026-11-21T09:53:01Z\terror\tshop\tno reply\t{\"id\":7}",
		"ERRO[0001] no reply", "ERROR[11-21|09:53:01.000] no reply", "panic: runtime error", "nginx: [emerg] bind() failed", "<11>1 2026-11-21T09:53:01Z a b 7 - - x",
		"2026-11-21 | ERROR    | __main__:main:7 - no reply", "Nov 27 11:00:00 web-1 shop[7]: ERROR no reply", "E, [2026-03-17T21:50:00 #97] no reply",
		"2026-11-21T09:53:01.1Z stdout F ERROR no reply", `2026-11-21T09:53:01.1Z stderr P {"level":"error"}`, `web-1  | {"level":"error"}`,
		`Nov 27 11:00:00 web shop: {"level":"error"}`, "{\n  \"level\": \"error\"\n}", `{"log":"{\n  \"level\": \"error\"\n}\n"}`,
		`{"log":"ERROR no reply\n"}`, `{"log":"a\tERROR\tb"}`[:9] + `2026-11-21T09:53:01Z\tERROR\tb"}`, `{"log":"level=\"error\" msg=\"x\"\n"}`, `{"MESSAGE":"x level=error","PRIORITY":"6"}`,
		`{"message":"{\"log\":\"{\\\"level\\\":\\\"error\\\"}\"}"}`, `{"textPayload":"E0102 15:04:05.000000 1 a.go:1] x"}`, `{"PRIORITY":3,"MESSAGE":"level=info"}`, `{"version":"1.1","short_message":"x","level":3}`,
	},
	Below: {
		`{"level":"info"}`, `{"level":"info","msg":"level=error"}`, `{"level":30,"err":{"level":"error"}}`, `level=info msg="set level=error"`, `INFO level=error`,
		"2026-11-21 09:53:01 INFO handled {\"level\":\"error\"}", "2026-11-21 09:53:01 [info] ERROR pages are built", "I0102 15:04:05.000000 1 a.go:1] ERROR x",
		`{"log":"{\"level\":\"info\",\"msg\":\"level=error\"}"}`, `{"level":"warn","log":"ERROR"}`,
	},
	Unknown: {
		"", " ", "{}", "{", "no reply", "connection to ERROR page failed", `the level of "error" was a "level": low`, `{"msg":"set level=error"}`, `{"msg":"ERROR"}`,
		`handled request {"level":"error"}`, `player stats {"level":50}`, "fuel level=50", "a query ?level=error", "log level: error", "xlevel=error",
		`"level"=0 "msg"="started"`, "http://example.com/?a=b&level=error", `{"req":{"level":"error"}}`, `{"log":"{\"req\":{\"level\":\"error\"}}"}`,
		`msg="level=error"`, `{"level"`, `{"level":`, `{"level":"err`, "<14>1 2026-11-21T09:53:01Z a b 7 - - x", "<999>x", "<a>x", "<", `\`, `\u001b[`,
		"An ERROR", "E", "F", "at 5 E", "a 2026-11-21T09:53:01.1Z stdout F x", "2026-11-21T09:53:01.1Z stdout F no reply", "alert: low stock", "Fault: mine",
		"\x1b[31m", "ERRORS: 7", "x=\x00", strings.Repeat("a.b ", 20) + "ERROR", `10.0.0.1 - - [21/Nov/2026:09:53:01 +0000] "GET /ERROR HTTP/1.1" 200 2`,
	},
}

func TestScan(t *testing.T) {
	for level, list := range texts {
		for _, text := range list {
			assert.Equal(t, level, Scan(text), text)
		}
	}
	assert.Equal(t, Error, Scan(`{"log":"{\"stack\":\"`+strings.Repeat("at com.example.Shop\\\\n", 600)+`\",\"level\":\"ERROR\"}"}`), "behind a stack trace of 13 KiB")
	assert.Equal(t, Unknown, Scan(`{"stack":"`+strings.Repeat("x", MaxBodyBytes)+`","level":"ERROR"}`))
}

// TestScanInWrappers: a line says the same however often it is wrapped in JSON.
func TestScanInWrappers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		level := rapid.SampledFrom([]Level{Error, Below, Unknown}).Draw(t, "level")
		text := rapid.SampledFrom(texts[level]).Draw(t, "text")
		most := 3
		if strings.Contains(text, "{") {
			most = 1 // it may be wrapped twice already
		}
		for range rapid.IntRange(1, most).Draw(t, "wrappers") {
			key := rapid.SampledFrom([]string{"log", "message", "MESSAGE", "line"}).Draw(t, "key")
			wrapped, err := json.Marshal(map[string]any{"stream": "stdout", key: text})
			require.NoError(t, err)
			text = string(wrapped)
		}
		assert.Equal(t, level, Scan(text), text)
	})
}

// TestNumbers: a number means the same as a number and as text.
func TestNumbers(t *testing.T) {
	for key, want := range map[string][2][]int64{
		"level":                    {{50, 60, 400, 500, 550, 600}, {10, 20, 30, 40, 100, 200, 250, 300}},
		"levelno":                  {{40, 50}, {10, 20, 30}},
		"severity":                 {{1, 2, 3, 500, 600, 700, 800}, {4, 5, 6, 7, 100, 200, 300, 400}},
		"severity_number":          {{17, 21, 24}, {1, 9, 16, 25}},
		"severityLevel":            {{3, 4}, {0, 1, 2}},
		"level_value":              {{40000, 50000}, {5000, 30000}},
		"PRIORITY":                 {{0, 1, 2, 3}, nil},
		"log.syslog.severity.code": {{0, 3}, {4, 7}},
		"log.syslog.priority":      {{11, 131, 0}, {14, 134}},
	} {
		for i, level := range []Level{Error, Below} {
			for _, n := range want[i] {
				var f, g Finder
				f.OfferInt(Lookup(key), n, 0)
				g.Offer(Lookup(key), fmt.Sprint(" ", n), 0)
				assert.Equal(t, level, f.Level(), "%s %d", key, n)
				assert.Equal(t, level, g.Level(), "%s %d", key, n)
			}
		}
	}
}

// TestNoAllocations runs all texts.
func TestNoAllocations(t *testing.T) {
	for _, list := range texts {
		for _, text := range list {
			assert.Zero(t, testing.AllocsPerRun(10, func() { sink = Scan(text) }), text)
		}
	}
}

var sink Level

func BenchmarkScan(b *testing.B) {
	for name, text := range map[string]string{
		"json":            `{"time":"2026-11-21T09:53:01.123456789Z","level":"INFO","msg":"order created for customer","service":"checkout","duration_ms":12.5,"user":"u-48151623","order":"ORD-2024-118"}`,
		"json without":    `{"time":"2026-11-21T09:53:01.1Z","id":"","remote_ip":"127.0.0.1","host":"localhost:1323","method":"GET","uri":"/users/7?x=1","user_agent":"curl/8.0","status":200,"error":"","latency":100,"latency_human":"100ns","bytes_in":0,"bytes_out":2}`,
		"logfmt":          `time=2026-11-21T09:53:01Z level=INFO msg=request method=GET path=/users/7 status=200 duration=1ms`,
		"line":            `2026-11-21 09:53:01,123 WARN [worker-7] c.e.shop.OrderService - could not reserve stock for article 48151623: 3 wanted, 2 left (warehouse: north)`,
		"combined":        `203.0.113.9 - - [21/Nov/2026:09:53:01 +0000] "GET /api/v1/users/48151623/orders?page=2 HTTP/1.1" 200 5124 "https://shop.example.com/" "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"`,
		"prose":           `could not reserve stock for article 48151623: 3 wanted, 2 left (warehouse: north), customer is asked for another choice`,
		"worst backslash": strings.Repeat(`{\"`, 5000),
		"worst json":      strings.Repeat(`{"log":{"x":[`, 1200),
		"worst pairs":     strings.Repeat(`a="`, 5000),
		"worst wrapped":   `{"log":"` + strings.Repeat(`{\"log\":\"`, 1500),
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			b.SetBytes(int64(len(text)))
			for b.Loop() {
				sink = Scan(text)
			}
		})
	}
}

// FuzzScan: no body makes it fail, and a body that is a JSON object with a level at the top is read as the library reads it.
func FuzzScan(f *testing.F) {
	for _, list := range texts {
		for _, text := range list {
			f.Add(text)
		}
	}
	f.Fuzz(func(t *testing.T, body string) {
		level := Scan(body)
		var object map[string]any
		if len(body) > MaxBodyBytes || json.Unmarshal([]byte(body), &object) != nil {
			return
		}
		word, isText := object["level"].(string)
		if want := Parse(word); isText && want == Error && strings.Count(body, "level") == 1 && level != want {
			t.Fatalf("%d, not %d", level, want)
		}
	})
}

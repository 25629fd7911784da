// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package acceptance

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/consumer/consumertest"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	"go.opentelemetry.io/collector/pdata/ptrace"
	"pgregory.net/rapid"

	"github.com/otelcol-correlation/correlationprocessor"
)

// secretPath is a path with values that nothing else holds, and all the ways to write
// it.
type secretPath struct {
	path, wire, target, full string   // wire is the path as it is on the wire
	secrets                  []string // byte sequences that must not leave
}

// someSecret is a value that is one by its shape.
func someSecret(t *rapid.T, label string) string {
	return rapid.OneOf(
		rapid.StringMatching(`[1-9][0-9]{6,11}`),
		rapid.StringMatching(`[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}`),
		rapid.StringMatching(`[0-9a-f]{24}`),
		rapid.StringMatching(`[a-z]{4}[0-9]{4}@mail\.example`),
		rapid.StringMatching(`Anna [A-Z][a-z]{5}[0-9]{3}`),
		rapid.StringMatching(`Zoë[0-9]{5}`),
		rapid.StringMatching(`[1-9][0-9]{6}\.pdf`),
	).Draw(t, label)
}

func someSecretPath(t *rapid.T) secretPath {
	first, second, token := someSecret(t, "first"), someSecret(t, "second"), rapid.StringMatching(`tok[0-9]{9}`).Draw(t, "token")
	var p secretPath
	form := rapid.SampledFrom([]string{"/users/%s", "/users/%s/orders/%s", "/api/v1/users/%s/orders/%s", "/users/%s;session=%s", "/users//%s/%s/"}).Draw(t, "form")
	values := []any{first, second}[:strings.Count(form, "%s")]
	escaped := make([]any, len(values))
	for i, v := range values {
		escaped[i] = url.PathEscape(v.(string))
		p.secrets = append(p.secrets, v.(string), escaped[i].(string), strings.TrimSuffix(v.(string), ".pdf"))
	}
	p.wire = fmt.Sprintf(form, escaped...)
	p.path, p.target = p.wire, p.wire+"?token="+token
	p.full = "https://shop.example" + p.target
	p.secrets = append(p.secrets, token)
	if rapid.Bool().Draw(t, "plain path") {
		p.path = fmt.Sprintf(form, values...)
	}
	return p
}

// fillPaths puts the path into attributes. It returns the one that says it.
func (p *secretPath) fillPaths(t *rapid.T, attrs pcommon.Map, keys []string) {
	attrs.PutStr("http.request.method", "GET")
	for _, key := range rapid.SliceOfNDistinct(rapid.SampledFrom(keys), 1, len(keys), rapid.ID[string]).Draw(t, "keys") {
		forms := []string{p.path, p.target, p.full}
		if key == "path" || key == "uri" {
			forms = forms[:2] // an address there is that of a call
		}
		attrs.PutStr(key, rapid.SampledFrom(forms).Draw(t, key))
	}
	for _, kv := range [][2]string{
		{"url.query", p.target[strings.IndexByte(p.target, '?')+1:]},
		{"url.original", p.full},
		{"request", "GET " + p.target + " HTTP/1.1"},
		{"http.referer", p.full},
		{"exception.message", "no route for " + p.path},
		{"note", "see `" + p.full + "`, twice: " + p.path},
		{"redirect", url.QueryEscape(p.path)},
		{"php", strings.ReplaceAll(p.target, "/", `\/`)},
	} {
		if rapid.Bool().Draw(t, "has "+kv[0]) {
			attrs.PutStr(kv[0], kv[1])
		}
	}
	if rapid.Bool().Draw(t, "header") {
		attrs.PutEmptySlice("http.request.header.referer").AppendEmpty().SetStr(p.full)
	}
	if rapid.Bool().Draw(t, "deep") {
		attrs.PutEmptyMap("a").PutEmptySlice("b").AppendEmpty().SetStr("<" + p.path + ">")
	}
	if rapid.Bool().Draw(t, "route") {
		attrs.PutStr("http.route", p.path)
	}
}

var spanPaths = []string{"url.path", "http.target", "url.full", "http.url", "http.path"}

func (p *secretPath) span(t *rapid.T) ptrace.Traces {
	return spanOf(100, 1, func(s ptrace.Span) {
		names := []string{"GET", "GET " + p.path, p.path, "GET " + p.full, p.path + " " + p.path, "GET " + p.target, "GET /v2" + p.path}
		s.SetName(rapid.SampledFrom(names).Draw(t, "name"))
		p.fillPaths(t, s.Attributes(), spanPaths)
		if rapid.Bool().Draw(t, "status") {
			s.Status().SetMessage("404: " + p.target)
		}
		if rapid.Bool().Draw(t, "event") {
			event := s.Events().AppendEmpty()
			event.SetName("redirect to " + p.path)
			event.Attributes().PutStr("exception.stacktrace", "at handler ("+p.path+")\n\tat main (/src/app/main.go:17)")
			s.Links().AppendEmpty().Attributes().PutStr("from", p.full)
		}
	})
}

func (p *secretPath) log(t *rapid.T) plog.Logs {
	return logOf(100, 1, func(lr plog.LogRecord) {
		line := `203.0.113.7 - - [10/Oct/2026:13:55:36 +0000] "GET ` + p.target + ` HTTP/1.1" 200 2326 "https://shop.example/from/12345678" "curl/8"`
		switch rapid.IntRange(0, 3).Draw(t, "body") {
		case 0:
			lr.Body().SetStr(line)
			p.secrets = append(p.secrets, "12345678")
		case 1:
			lr.Body().SetStr(fmt.Sprintf(`{"method":"GET","path":%q,"status":200,"msg":"done %s"}`, p.wire, p.target))
		case 2:
			m := lr.Body().SetEmptyMap()
			m.PutStr("method", "GET")
			m.PutStr("path", p.wire)
			m.PutEmptyMap("more").PutStr("message", "served "+p.full)
		default:
			lr.Body().SetStr("served " + p.path)
			p.fillPaths(t, lr.Attributes(), []string{"url.path", "http.target", "url.full", "path", "request_uri", "uri", "my_path"})
		}
	})
}

// No byte of a path's values leaves, wherever an item has it: 600 shapes of items.
func TestNoValueOfAPathLeaves(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		const paths = 3
		var data []any
		var secrets []string
		for range paths {
			p := someSecretPath(rt)
			data = append(data, p.span(rt), p.log(rt))
			secrets = append(secrets, p.secrets...)
		}
		mode := rapid.SampledFrom([]correlationprocessor.RawPathMode{correlationprocessor.RawPathDrop, correlationprocessor.RawPathHash}).Draw(rt, "mode")
		held, renames := rapid.Bool().Draw(rt, "held"), rapid.Bool().Draw(rt, "span_name")
		writes := rapid.Bool().Draw(rt, "rules look at what is written")
		var out []string
		synctest.Test(t, func(t *testing.T) {
			pipes := newPipelines(t, func(c *Config) {
				c.Routes.RawPath, c.Routes.SpanName = mode, renames
				c.Logs.PathAttributes = append(c.Logs.PathAttributes, "my_path")
				if held {
					onePercent(c)
				}
				if writes {
					c.Sampling.Rules = []correlationprocessor.RuleConfig{{
						Name: "r", Conditions: []string{`span.attributes["url.template"] == "/x"`}, Sampler: correlationprocessor.SamplerConfig{Type: correlationprocessor.AlwaysSample},
					}}
				}
			})
			defer pipes.shutdown()
			pipes.send(data...)
			time.Sleep(time.Minute)
			require.Len(t, pipes.spans(), paths)
			require.Len(t, pipes.records(), paths)
			out = []string{printed(pipes.spanSink), printedLogs(pipes.logSink)}
		})
		for _, text := range out { // here, for rapid cannot shrink what fails in a bubble
			for _, secret := range secrets {
				require.NotContains(rt, text, secret)
			}
		}
	})
}

// printed is all of what came out as JSON.
func printed(sink *consumertest.TracesSink) (out string) {
	for _, td := range sink.AllTraces() {
		text, _ := (&ptrace.JSONMarshaler{}).MarshalTraces(td)
		out += string(text)
	}
	return out
}

func printedLogs(sink *consumertest.LogsSink) (out string) {
	for _, ld := range sink.AllLogs() {
		text, _ := (&plog.JSONMarshaler{}).MarshalLogs(ld)
		out += string(text)
	}
	return out
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package logtrace

import (
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/logfield"
)

// headerWords stand before the name of a header of the request where a program logs it under a name of its own,
// one or several of them, with a separator or without: nginx's $http_traceparent and
// $opentracing_context_uber_trace_id, Traefik's request_Traceparent, Varnish's req.http.traceparent,
// rpc.grpc.request.metadata.traceparent of the conventions. Not here are those of an answer: response,
// downstream, origin, upstream_http, sent_http. No word is the beginning of one behind it.
var headerWords = [...]string{
	"http", "request", "req", "headers", "header", "hdr", "metadata", "context", "opentracing", "opentelemetry",
	"zipkin", "rpc", "grpc", "capture",
}

// wordsByLetter are the words by their first letter.
var wordsByLetter = func() (t [32][]string) {
	for _, word := range headerWords {
		t[word[0]&31] = append(t[word[0]&31], word)
	}
	return t
}()

// behindWords returns the role of the header whose name stands behind such words.
func (k *Keys) behindWords(key string) (r Role) {
	for rest, ok := afterHeaderWord(key); ok && r.Kind == RoleNone; rest, ok = afterHeaderWord(rest) {
		r = k.headers.Lookup(rest)
	}
	return r
}

// afterHeaderWord returns what stands behind the word that the key begins with.
func afterHeaderWord(key string) (rest string, ok bool) {
	for key != "" && !isLetter(key[0]) {
		key = key[1:]
	}
	if key == "" {
		return "", false
	}
	for _, word := range wordsByLetter[key[0]&31] {
		if len(key) > len(word) && strings.EqualFold(key[:len(word)], word) {
			return key[len(word):], true
		}
	}
	return "", false
}

// headerEnds has the last two bytes of the headers' names, separators left out. They rule out nearly all
// other keys before any word is compared. Both cases of a letter share a place, as in logfield's filter.
var headerEnds = func() (t [32][32]bool) {
	for _, b := range builtins {
		if b.isHeader() {
			before, last := lastTwo(b.name)
			t[before&31][last&31] = true
		}
	}
	return t
}()

func endsLikeHeader(key string) bool {
	if len(key) <= 2 {
		return false
	}
	before, last := lastTwo(key)
	return headerEnds[before&31][last&31]
}

// lastTwo returns the last two bytes of a key that are no separators, as far as it has some.
func lastTwo(key string) (before, last byte) {
	for i := len(key) - 1; i >= 0; i-- {
		switch c := key[i]; {
		case logfield.IsSeparator(c):
		case last == 0:
			last = c
		default:
			return c, last
		}
	}
	return 0, last
}

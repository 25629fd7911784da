// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
)

const (
	// cutAfter is how many requests make a message of a recording.
	cutAfter = 50
	// probeAfter is how many requests come between two of a scanner.
	probeAfter = 21
)

// visitor sends requests to a server, through Caddy.
type visitor struct {
	ctx       context.Context // of the whole visit
	recording *recording
	base      string
	random    *rand.Rand
	client    http.Client
	requests  int
}

func newVisitor(ctx context.Context, r *recording, base string) *visitor {
	v := &visitor{ctx: ctx, recording: r, base: base, random: rand.New(rand.NewPCG(1, 2))}
	v.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return v
}

// answer is what a visitor looks at.
type answer struct {
	status int
	header http.Header
	body   string
}

// get sends a GET for a path.
func (v *visitor) get(path string) (answer, error) { return v.send(http.MethodGet, path, "") }

// send sends a request; each header is a name, a colon, a blank and a value.
func (v *visitor) send(method, path, body string, headers ...string) (answer, error) {
	request, err := http.NewRequestWithContext(v.ctx, method, v.base+path, strings.NewReader(body))
	if err != nil {
		return answer{}, err
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		request.Header.Set(name, value)
	}
	response, err := v.client.Do(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return answer{}, err
	}
	if response.StatusCode >= http.StatusInternalServerError {
		return answer{}, fmt.Errorf("%s %s: %s: %s", method, path, response.Status, text)
	}
	v.requests++
	switch {
	case v.requests%cutAfter == 0:
		err = v.recording.cut()
	case v.requests%probeAfter == 0:
		_, err = v.get(probes[v.random.IntN(len(probes))])
	}
	return answer{response.StatusCode, response.Header, string(text)}, err
}

// probes are what scanners ask every server for; none of ours has it.
var probes = []string{
	"/wp-login.php", "/.env", "/admin/config.php", "/.git/config", "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
	"/cgi-bin/luci", "/boaform/admin/formLogin", "/actuator/gateway/routes", "/solr/admin/info/system", "/xmlrpc.php",
}

// one returns one of the texts, the first ones more often, as people visit.
func (v *visitor) one(texts []string) string {
	return texts[min(v.random.IntN(len(texts)), v.random.IntN(len(texts)))]
}

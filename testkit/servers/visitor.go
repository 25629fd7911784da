// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

// Package servers has real programs that answer requests: how they are built from their
// modules, and what their visitors ask for.
package servers

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
)

const (
	// pauseAfter is how many requests come between two calls of Pause.
	pauseAfter = 50
	// probeAfter is how many requests come between two of a scanner.
	probeAfter = 21
)

// Visitor sends requests to a server. It is for one goroutine.
type Visitor struct {
	Ctx    context.Context // of the whole visit
	Base   string          // URL without a path
	Random *rand.Rand
	Client http.Client
	// Prepare changes a request before it is sent, and Pause is called now and then;
	// either may be nil.
	Prepare  func(*http.Request)
	Pause    func() error
	requests int
}

// NewVisitor returns a visitor whose requests the seed determines.
func NewVisitor(ctx context.Context, base string, seed uint64) *Visitor {
	v := &Visitor{Ctx: ctx, Base: base, Random: rand.New(rand.NewPCG(seed, 2))}
	v.Client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return v
}

// Answer is what a visitor looks at.
type Answer struct {
	Status int
	Header http.Header
	Body   string
}

// Get sends a GET for a path.
func (v *Visitor) Get(path string) (Answer, error) { return v.Send(http.MethodGet, path, "") }

// Send sends a request; each header is a name, a colon, a blank and a value.
func (v *Visitor) Send(method, path, body string, headers ...string) (Answer, error) {
	request, err := http.NewRequestWithContext(v.Ctx, method, v.Base+path, strings.NewReader(body))
	if err != nil {
		return Answer{}, err
	}
	for _, h := range headers {
		name, value, _ := strings.Cut(h, ": ")
		request.Header.Set(name, value)
	}
	if v.Prepare != nil {
		v.Prepare(request)
	}
	response, err := v.Client.Do(request)
	if err != nil {
		return Answer{}, err
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil {
		return Answer{}, err
	}
	if response.StatusCode >= http.StatusInternalServerError {
		return Answer{}, fmt.Errorf("%s %s: %s: %s", method, path, response.Status, text)
	}
	v.requests++
	switch {
	case v.Pause != nil && v.requests%pauseAfter == 0:
		err = v.Pause()
	case v.requests%probeAfter == 0:
		_, err = v.Get(probes[v.Random.IntN(len(probes))])
	}
	return Answer{response.StatusCode, response.Header, string(text)}, err
}

// probes are what scanners ask every server for; none of ours has it.
var probes = []string{
	"/wp-login.php", "/.env", "/admin/config.php", "/.git/config", "/vendor/phpunit/phpunit/src/Util/PHP/eval-stdin.php",
	"/cgi-bin/luci", "/boaform/admin/formLogin", "/actuator/gateway/routes", "/solr/admin/info/system", "/xmlrpc.php",
}

// One returns one of the texts, the first ones more often, as people visit.
func (v *Visitor) One(texts []string) string {
	return texts[min(v.Random.IntN(len(texts)), v.Random.IntN(len(texts)))]
}

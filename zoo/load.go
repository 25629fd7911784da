// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/testkit/servers"
)

// guest is somebody who asks a program again and again, until the context ends.
type guest struct {
	base  string // URL
	visit func(*servers.Visitor) error
}

// guests are those of all programs that run, in an order that does not change.
func (z *zoo) guests() (out []guest) {
	behind := func(proxy, own string) string {
		if z.has(proxy) {
			return "http://" + z.at[proxy]
		}
		return "http://" + own
	}
	if z.has("registry") {
		out = append(out, guest{behind("caddy", z.at["registry"]), func(v *servers.Visitor) error { return servers.VisitRegistry(v, 1<<30) }})
	}
	if z.has("hotrod") {
		out = append(out, guest{behind("caddy", z.hotrodAt[0]), rides})
	}
	for i, name := range routers {
		if z.has("routers") {
			out = append(out, guest{behind("nginx", z.routersAt[i]), pages(name)})
		}
	}
	return out
}

// load has all guests ask at once, each at the rate, for the duration.
func (z *zoo) load(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, z.options.duration)
	defer cancel()
	ended := make(chan error)
	guests := z.guests()
	for i, g := range guests {
		v := servers.NewVisitor(ctx, g.base, z.options.seed+uint64(i))
		v.Prepare = prepare(v, time.Duration(float64(time.Second)/z.options.rate))
		go func() { ended <- g.visit(v) }()
	}
	var err error
	for range guests {
		if e := <-ended; ctx.Err() == nil {
			err = errors.Join(err, e) // before the time is over
			cancel()
		}
	}
	return err
}

// prepare has each request wait for its turn, and gives every other one the header of a
// browser that traces, whose own spans go elsewhere.
func prepare(v *servers.Visitor, every time.Duration) func(*http.Request) {
	tick := time.NewTicker(every)
	return func(r *http.Request) {
		select {
		case <-tick.C:
		case <-v.Ctx.Done():
			tick.Stop()
		}
		if v.Random.IntN(2) == 0 {
			r.Header.Set("Traceparent", fmt.Sprintf("00-%016x%016x-%016x-01", v.Random.Uint64(), v.Random.Uint64(), v.Random.Uint64()))
		}
	}
}

// rides asks HotROD for cars, as its page does.
func rides(v *servers.Visitor) error {
	customers := []string{"123", "392", "731", "567"}
	for {
		paths := []string{fmt.Sprintf("/dispatch?customer=%s&nonse=0.%d", v.One(customers), v.Random.IntN(1e9))}
		if v.Random.IntN(4) == 0 {
			paths = slices.Insert(paths, 0, "/", "/config")
		}
		for _, path := range paths {
			if _, err := v.Get(path); err != nil && v.Ctx.Err() != nil {
				return err // HotROD's own errors are what it shows
			}
		}
	}
}

// words are what people put into paths.
var words = []string{
	"apple", "river", "stone", "cloud", "maple", "ember", "delta", "north", "linen", "copper", "violet", "harbor", "meadow",
	"winter", "signal", "garden", "canvas", "ribbon", "lantern", "pepper", "silver", "thunder", "walnut", "yellow", "zephyr",
}

// pages asks a router's service for all of its routes, with values as people have them.
func pages(router string) func(*servers.Visitor) error {
	return func(v *servers.Visitor) error {
		number := func(n int) int { return 1 + v.Random.IntN(n) }
		slug := func() string { return fmt.Sprintf("%s-%s-%s", v.One(words), v.One(words), v.One(words)) }
		uuid := func() string {
			return fmt.Sprintf("%08x-%04x-4%03x-8%03x-%012x", v.Random.Uint32(), v.Random.IntN(1<<16), v.Random.IntN(1<<12), v.Random.IntN(1<<12), v.Random.Uint64()>>16)
		}
		file := func() string {
			return fmt.Sprintf("%s-%d.%s", v.One(words), number(900), v.One([]string{"jpg", "png"}))
		}
		repo := func() string { return "/repos/" + v.One(words) + "/" + v.One(words) + "-" + v.One(words) }
		paths := map[string]func() []string{
			"gin": func() []string {
				user := fmt.Sprintf("/users/%d", number(5000))
				return []string{user, user + "/orders/" + uuid(), user + "/avatar.png"}
			},
			"echo": func() []string {
				article := "/articles/" + slug()
				return []string{"/articles", article, fmt.Sprintf("%s/comments/%d", article, number(1000)), "/authors/" + v.One(words) + "-" + v.One(words)}
			},
			"chi": func() []string {
				r := repo()
				return []string{r, fmt.Sprintf("%s/issues/%d", r, number(3000)), fmt.Sprintf("%s/blobs/%x", r, sha256.Sum256([]byte(slug()))), "/orgs/" + v.One(words) + "/members"}
			},
			"mux": func() []string {
				order := fmt.Sprintf("/api/orders/%d", number(9000))
				return []string{order, fmt.Sprintf("%s/items/SKU-%05d", order, number(9999)), "/api/invoices/INV" + uuid()[:8], "/api/status"}
			},
			"fiber": func() []string {
				bucket := "/media/" + v.One(words)
				return []string{bucket, bucket + "/" + file(), fmt.Sprintf("/thumbs/%dx%d/%s", 64*number(4), 64*number(4), file())}
			},
		}[router]
		for {
			for _, path := range paths() {
				if _, err := v.Get(path); err != nil && v.Ctx.Err() != nil {
					return err // the services fail now and then
				}
			}
			if router == "gin" && v.Random.IntN(4) == 0 {
				_, _ = v.Send(http.MethodPost, "/users", "{}")
			}
		}
	}
}

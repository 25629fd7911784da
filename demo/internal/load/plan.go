// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package load plays the demo's visitors: a fixed sequence of requests by seed,
// sent at an even pace.
package load

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"

	"github.com/otelcol-correlation/correlationprocessor/demo/internal/shop"
	"github.com/otelcol-correlation/correlationprocessor/demo/internal/storefront"
)

// Target is the service a request goes to.
type Target int

// The services a visitor or a health probe talks to.
const (
	Storefront Target = iota
	Catalog
	Orders
)

// Request is one request of the plan.
type Request struct {
	Target Target
	Method string
	Path   string // with query
	Body   string // JSON, empty for none
	Debug  bool   // asks for its trace to be kept
}

// Plan is the sequence of n requests that a seed stands for.
func Plan(seed uint64, n int) []Request {
	random := rand.New(rand.NewPCG(seed, 0))
	requests := make([]Request, n)
	for i := range requests {
		requests[i] = visit(random)
		requests[i].Debug = random.IntN(200) == 0
	}
	return requests
}

// mix is what visitors do, and how often in a thousand.
var mix = []struct {
	weight int
	make   func(*rand.Rand) Request
}{
	{260, product},
	{140, user},
	{120, order},
	{90, checkout},
	{80, addToCart},
	{80, health},
	{70, asset},
	{60, payment},
	{40, search},
	{30, category},
	{15, nothing},
	{15, home},
}

func visit(random *rand.Rand) Request {
	pick := random.IntN(1000)
	for _, kind := range mix {
		if pick -= kind.weight; pick < 0 {
			return kind.make(random)
		}
	}
	panic("the weights of the mix do not add up to 1000")
}

func get(path string) Request { return Request{Method: http.MethodGet, Path: path} }

func post(path, body string) Request {
	return Request{Method: http.MethodPost, Path: path, Body: body}
}

func home(*rand.Rand) Request { return get("/") }

func product(random *rand.Rand) Request {
	if random.IntN(40) == 0 {
		return get(fmt.Sprintf("/products/discontinued-article-%d", random.IntN(500)))
	}
	return get("/products/" + shop.Slug(random.IntN(shop.Products)))
}

// user picks a customer, or now and then a number just past the last one.
func user(random *rand.Rand) Request {
	return get("/users/" + strconv.Itoa(shop.FirstUser+random.IntN(shop.Users+shop.Users/40)))
}

func order(random *rand.Rand) Request { return get("/orders/" + uuid(random)) }

func checkout(random *rand.Rand) Request {
	body := fmt.Sprintf(`{"id":%q,"product":%d}`, uuid(random), random.IntN(shop.Products))
	return post("/checkout/"+cart(random), body)
}

func addToCart(random *rand.Rand) Request {
	return post("/carts/"+cart(random)+"/items", fmt.Sprintf(`{"product":%d}`, random.IntN(shop.Products)))
}

// health probes each service the way an orchestrator does.
func health(random *rand.Rand) Request {
	request := get([]string{"/healthz", "/healthz", "/readyz"}[random.IntN(3)])
	if request.Path == "/healthz" {
		request.Target = Target(random.IntN(3))
	}
	return request
}

func asset(random *rand.Rand) Request {
	assets := storefront.Assets()
	return get(assets[random.IntN(len(assets))])
}

func payment(random *rand.Rand) Request {
	return post("/payments/"+snowflake(random)+"/webhook", "{}")
}

func search(random *rand.Rand) Request {
	return get("/search?q=" + shop.Slug(random.IntN(shop.Products)))
}

func category(random *rand.Rand) Request {
	names := shop.Categories()
	return get("/categories/" + names[random.IntN(len(names))])
}

// Strangers lists the paths that no service knows and bots ask for.
func Strangers() []string {
	return []string{"/favicon.ico", "/.env", "/wp-login.php", "/robots.txt", "/api/v2/export"}
}

func nothing(random *rand.Rand) Request {
	paths := Strangers()
	return get(paths[random.IntN(len(paths))])
}

// uuid is a version 4 UUID.
func uuid(random *rand.Rand) string {
	b := octets(random, 16)
	b[6], b[8] = b[6]&0x0f|0x40, b[8]&0x3f|0x80
	return fmt.Sprintf("%x-%x-%x-%x-%x", b[:4], b[4:6], b[6:8], b[8:10], b[10:])
}

// cart ids are 128 bits in hex.
func cart(random *rand.Rand) string { return hex.EncodeToString(octets(random, 16)) }

// snowflake is an 18 digit id: milliseconds, a machine, a sequence number.
func snowflake(random *rand.Rand) string {
	const since = 70_000_000_000 // ms, about two years
	id := (since+random.Uint64N(since))<<22 | random.Uint64N(1<<22)
	return strconv.FormatUint(id, 10)
}

func octets(random *rand.Rand, n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(random.Uint32())
	}
	return b
}

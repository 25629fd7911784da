// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

// Package shop is the world the demo's services agree on: what is on sale and
// which requests go wrong. All of it follows from the ids alone, so that a
// request meets the same fate in every run and in every service.
package shop

import (
	"hash/fnv"
	"slices"
	"strconv"
	"strings"
)

const (
	// Products is how many products there are; their numbers are 0 to Products-1.
	Products = 600
	// Users is how many customers there are.
	Users = 5000
	// FirstUser is the lowest number of a customer.
	FirstUser = 10_001
)

var (
	colours    = []string{"amber", "black", "coral", "green", "ivory", "navy", "olive", "sand", "silver", "white"}
	materials  = []string{"canvas", "cotton", "denim", "leather", "linen", "wool"}
	garments   = []string{"belt", "boots", "coat", "dress", "hat", "jacket", "scarf", "shirt", "skirt", "socks"}
	categories = []string{"accessories", "coats", "dresses", "knitwear", "outlet", "shirts", "shoes", "trousers"}
)

// Slug is the name of a product in URLs. Product is its inverse.
func Slug(product int) string {
	colour := colours[product%len(colours)]
	material := materials[product/len(colours)%len(materials)]
	garment := garments[product/len(colours)/len(materials)%len(garments)]
	return strings.Join([]string{colour, material, garment}, "-")
}

// Product finds a product by its slug.
func Product(slug string) (int, bool) {
	words := strings.Split(slug, "-")
	if len(words) != 3 {
		return 0, false
	}
	c, m, g := slices.Index(colours, words[0]), slices.Index(materials, words[1]), slices.Index(garments, words[2])
	if c < 0 || m < 0 || g < 0 {
		return 0, false
	}
	return c + len(colours)*(m+len(materials)*g), true
}

// Categories lists every product category. The caller must not change it.
func Categories() []string { return categories }

// IsCategory tells whether a name is one of Categories.
func IsCategory(name string) bool { return slices.Contains(categories, name) }

// UserExists tells whether a user id, as it stands in a URL, is a customer.
func UserExists(id string) bool {
	n, err := strconv.Atoi(id)
	return err == nil && n >= FirstUser && n < FirstUser+Users
}

// PaymentFails marks the payments whose capture ends in a 500.
func PaymentFails(payment string) bool { return oneIn(20, "payment", payment) }

// OrderFails marks the orders the ledger refuses with a 500.
func OrderFails(order string) bool { return oneIn(25, "order", order) }

// OrderExists tells whether an order can be looked up; the others are a 404.
func OrderExists(order string) bool { return !oneIn(12, "lost", order) }

// IsSlow marks the products whose page takes long.
func IsSlow(slug string) bool { return oneIn(30, "slow", slug) }

// IsCold marks the products that are not in the cache.
func IsCold(slug string) bool { return oneIn(4, "cold", slug) }

func oneIn(n uint32, what, id string) bool {
	h := fnv.New32a()
	_, _ = h.Write([]byte(what + "/" + id)) // never fails
	return h.Sum32()%n == 0
}

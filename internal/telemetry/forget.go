// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package telemetry

import (
	"slices"
	"strings"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/internal/route"
)

// A service that sends nothing for so many generations is forgotten, with its
// routes: a day or, when more than half of the places are taken, a little over an
// hour. That is longer than integrity.Peers refers to a number.
const (
	lifetime        = 144
	pressedLifetime = 7
)

// Tick lets time pass: services that send nothing any more give up their places.
// Call it every few seconds from one goroutine.
func (s *Services) Tick(now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.rotated.IsZero() {
		s.rotated = now
	}
	if now.Sub(s.rotated) < route.Generation {
		return
	}
	s.rotated = now
	next := s.known.Load().clone()
	for _, svc := range next.unused(s.limit) {
		delete(next.byKey, svc.key)
		next.byID.remove(svc.ID)
		next.bytes -= svc.size()
	}
	s.forgetNames(next)
	s.giveRoutes(next)
	s.known.Store(next)
}

// unused returns the services that were not used for their lifetime, and counts a
// generation of all others.
func (k *knownServices) unused(limit int64) (old []*Service) {
	keep := lifetime
	if 2*len(k.names) > MaxServices || 2*len(k.byKey) > MaxLabelSets || 2*k.bytes > limit {
		keep = pressedLifetime
	}
	for _, svc := range k.byKey {
		svc.idle++
		if svc.used.Swap(false) {
			svc.idle = 0
		}
		if svc.idle >= keep {
			old = append(old, svc)
		}
	}
	return old
}

// forgetNames forgets the names that no service has any more, and their routes.
func (s *Services) forgetNames(k *knownServices) {
	named := map[uint16]bool{}
	for _, svc := range k.byKey {
		named[svc.NameID] = true
	}
	for name, n := range k.names {
		if !named[n] {
			delete(k.names, name)
			k.list.remove(n)
			s.table.Forget(name)
		}
	}
}

// giveRoutes gives services routes of their own that had to share some.
func (s *Services) giveRoutes(k *knownServices) {
	for key, svc := range k.byKey {
		if s.table.Shared(svc.Routes) {
			again := s.create(svc.NameID, key, strings.Split(key, string(rune(separator))))
			again.ID, again.idle = svc.ID, svc.idle
			again.used.Store(svc.used.Load())
			k.byKey[key], k.byID.values[svc.ID] = again, again
		}
	}
}

// numbers gives values numbers from 1 on, those that were given back first.
type numbers[V any] struct {
	values []V      // the first is none
	free   []uint16 // in the order they were given back
}

func (n *numbers[V]) clone() numbers[V] {
	return numbers[V]{slices.Clone(n.values), slices.Clone(n.free)}
}

// at returns the value with the number, or the zero value.
func (n *numbers[V]) at(number uint16) (v V) {
	if int(number) < len(n.values) {
		v = n.values[number]
	}
	return v
}

func (n *numbers[V]) add(v V) uint16 {
	if len(n.values) == 0 {
		n.values = make([]V, 1)
	}
	if len(n.free) > 0 {
		number := n.free[0]
		n.free = n.free[1:]
		n.values[number] = v
		return number
	}
	n.values = append(n.values, v)
	return uint16(len(n.values) - 1)
}

func (n *numbers[V]) remove(number uint16) {
	var none V
	n.values[number] = none
	n.free = append(n.free, number)
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package route

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/internal/route/template"
)

// Template is a route template in normal form.
type Template = template.Template

// ParseTemplate reads a template in any of the supported syntaxes. A template with
// optional parts yields one result for each combination. The error names the
// byte offset in text.
func ParseTemplate(text string) ([]*Template, error) { return template.Parse(text) }

// Options configure a Table.
type Options struct {
	// Templates hold for every service, after those of the service itself.
	Templates []string
	// Services lists templates by service name.
	Services map[string][]string
	// MaxRoutes is the most patterns one service may have, declared ones
	// included; at least 1.
	MaxRoutes int
	// MaxServices is the most services that get a table of their own, at
	// least 1; the others share one.
	MaxServices int
	// MaxBytes limits the memory of what the services learn, all of them
	// together. Beyond it nothing new is learned, and new names share one table,
	// until something was forgotten. 0 is no limit.
	MaxBytes int64
	// Learn lets evidence from traffic, and the http.route of other items,
	// shape patterns. Without it only templates and segment shapes do.
	Learn bool
}

// Table finds the route pattern of paths, for many services. All methods are
// safe for concurrent use.
type Table struct {
	shared   []*template.Template
	own      map[string][]*template.Template
	options  Options
	services atomic.Pointer[map[string]*Service]
	overflow *Service
	account  account

	mu      sync.Mutex // serialises writers of services, and Tick
	rotated time.Time
	starved bool // the account was full
}

// New builds a table. The error names the template and the offset in it.
func New(o Options) (*Table, error) {
	o.MaxRoutes, o.MaxServices = max(o.MaxRoutes, 1), max(o.MaxServices, 1)
	t := &Table{options: o, own: map[string][]*template.Template{}, account: account{limit: o.MaxBytes}}
	var err error
	if t.shared, err = parseAll(o.Templates); err != nil {
		return nil, err
	}
	for name, texts := range o.Services {
		if t.own[name], err = parseAll(texts); err != nil {
			return nil, fmt.Errorf("service %q: %w", name, err)
		}
	}
	if t.overflow, err = t.newService(""); err != nil {
		return nil, err
	}
	services := map[string]*Service{}
	for name := range t.own {
		if services[name], err = t.newService(name); err != nil {
			return nil, fmt.Errorf("service %q: %w", name, err)
		}
	}
	t.services.Store(&services)
	return t, nil
}

func parseAll(texts []string) ([]*template.Template, error) {
	var all []*template.Template
	for _, text := range texts {
		templates, err := template.Parse(text)
		if err != nil {
			return nil, err
		}
		all = append(all, templates...)
	}
	return all, nil
}

func (t *Table) newService(name string) (*Service, error) {
	templates := t.shared
	if own := t.own[name]; len(own) > 0 {
		templates = slices.Concat(own, without(t.shared, own))
	}
	declared, err := template.NewIndex(templates)
	if err != nil {
		return nil, err
	}
	if declared.Len() >= t.options.MaxRoutes && declared.Len() > 0 {
		return nil, fmt.Errorf("%d templates leave no room for other routes under the limit of %d", declared.Len(), t.options.MaxRoutes)
	}
	return newService(name, declared, t.options.MaxRoutes-declared.Len(), t.options.Learn, &t.account), nil
}

// without returns the shared templates that a service did not name otherwise:
// its own spelling wins.
func without(shared, own []*template.Template) []*template.Template {
	shapes := map[string]bool{}
	for _, o := range own {
		shapes[o.Shape()] = true
	}
	return slices.DeleteFunc(slices.Clone(shared), func(s *template.Template) bool { return shapes[s.Shape()] })
}

// Service returns the routes of a service; never nil. Beyond MaxServices or MaxBytes
// all further names share one. A known name takes no lock and no memory.
func (t *Table) Service(name string) *Service {
	if s := (*t.services.Load())[name]; s != nil {
		return s
	}
	if len(*t.services.Load()) >= t.options.MaxServices || t.account.full() {
		return t.overflow
	}
	return t.addService(strings.Clone(name))
}

func (t *Table) addService(name string) *Service {
	t.mu.Lock()
	defer t.mu.Unlock()
	old := *t.services.Load()
	if s := old[name]; s != nil {
		return s
	}
	if len(old) >= t.options.MaxServices {
		return t.overflow
	}
	s := newService(name, t.overflow.declared, t.overflow.learner.budget.max, t.options.Learn, &t.account)
	services := make(map[string]*Service, len(old)+1)
	maps.Copy(services, old)
	services[name] = s
	t.services.Store(&services)
	return s
}

// Shared reports whether the routes are those that further names share.
func (t *Table) Shared(s *Service) bool { return s == t.overflow }

// Forget forgets what a service has taught, which is then of no use to whoever still
// holds it. What is declared for it stays.
func (t *Table) Forget(name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	old := *t.services.Load()
	s := old[name]
	if s == nil {
		return
	}
	services := maps.Clone(old)
	delete(services, name)
	if len(t.own[name]) > 0 {
		services[name] = newService(name, s.declared, s.learner.budget.max, s.learn, &t.account)
	}
	t.services.Store(&services)
	s.learner.close()
}

// Known reports whether the service has a table of its own, or the name is "".
func (t *Table) Known(name string) bool { return name == "" || (*t.services.Load())[name] != nil }

// Bytes is about the memory of what the services have learned.
func (t *Table) Bytes() int64 { return t.account.used.Load() }

// Services calls yield for each service, the shared overflow one last, under
// the name "", if anything was sent to it.
func (t *Table) Services(yield func(name string, s *Service) bool) {
	for name, s := range *t.services.Load() {
		if !yield(name, s) {
			return
		}
	}
	if t.overflow.Patterns() > 0 {
		yield("", t.overflow)
	}
}

// Generation is how long one generation of learned routes lasts.
const Generation = 10 * time.Minute

// Tick lets time pass: routes that nobody used for long are forgotten. Call it
// every few seconds from one goroutine.
func (t *Table) Tick(now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.relieve()
	if t.rotated.IsZero() {
		t.rotated = now
	}
	if now.Sub(t.rotated) < Generation {
		return
	}
	t.rotated = now
	for _, s := range *t.services.Load() {
		s.rotate()
	}
	t.overflow.rotate()
}

// relieve lets the services learn again that the limit on memory stopped.
func (t *Table) relieve() {
	full := t.account.full()
	if t.starved && !full {
		for _, s := range *t.services.Load() {
			s.learner.relieve()
		}
		t.overflow.learner.relieve()
	}
	t.starved = full
}

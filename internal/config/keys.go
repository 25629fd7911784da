// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/otelcol-correlation/correlationprocessor/internal/accesslog"
	"github.com/otelcol-correlation/correlationprocessor/internal/check"
	"github.com/otelcol-correlation/correlationprocessor/internal/logtrace"
	"github.com/otelcol-correlation/correlationprocessor/internal/record"
)

// readAttributes are those of the semantic conventions, old and new, that a request is
// read from: its path, its method and its status.
var readAttributes = []string{
	"url.path", "url.query", "url.full", "url.original", "http.target", "http.url",
	"http.request.method", "http.method", "http.response.status_code", "http.status_code",
}

// readsRequests reports whether an attribute is read, of spans or of logs, for what it says
// about a request.
func readsRequests(name string) bool {
	return slices.Contains(readAttributes, name) || accesslog.Lookup(name).IsPath()
}

// ownAttributes are what the processor writes besides patterns and rules; the names of
// some go on after these.
var ownAttributes = []string{
	record.AttributeThreshold, record.AttributeRandomness, "sampling.late_evidence", "sampling.dry_run.", "http.route.param.", "log.count", "log.error_count",
}

// namedAttribute is an attribute that the configuration names, and its key there.
type namedAttribute struct{ key, name string }

// checkAttributes checks that no attribute has two meanings: one that is written must
// not be another one that is written, or one that something else is read from.
func (c *Config) checkAttributes() error {
	var written []namedAttribute
	for _, w := range []namedAttribute{
		{"routes::attribute", c.Routes.Attribute},
		{"routes::source_attribute", c.Routes.SourceAttribute},
		{"sampling::rule_attribute", c.Sampling.RuleAttribute},
	} {
		if w.name != "" {
			written = append(written, w)
		}
	}
	var errs []error
	for i, w := range written {
		errs = append(errs, c.checkWritten(w, written[:i]))
	}
	return errors.Join(append(errs, c.checkRead())...)
}

// checkWritten checks an attribute that is written against those before it and those
// that are read.
func (c *Config) checkWritten(w namedAttribute, before []namedAttribute) error {
	err := checkKeys(w.key, []string{w.name})
	for _, b := range before {
		err = errors.Join(err, check.That(w.name != b.name, "%s must not be %q: %s is", w.key, w.name, b.key))
	}
	if w.name == record.AttributeHTTPRoute {
		return errors.Join(err, c.checkHTTPRoute(w))
	}
	if use := c.use(w.name); use != "" {
		err = errors.Join(err, fmt.Errorf("%s must not be %q: %s", w.key, w.name, use))
	}
	return err
}

// checkHTTPRoute checks that only patterns go to http.route, and only if they may.
func (c *Config) checkHTTPRoute(w namedAttribute) error {
	if w.key != "routes::attribute" {
		return fmt.Errorf("%s must not be %q: the route of a request stands there", w.key, w.name)
	}
	return check.That(c.Routes.HTTPRoute != HTTPRouteNever,
		"%s must not be %q with routes::http_route: %s", w.key, w.name, c.Routes.HTTPRoute)
}

// use says what the processor has an attribute for, other than http.route; "" for nothing.
func (c *Config) use(name string) string {
	switch {
	case readsRequests(name):
		return "requests are read from it"
	case slices.Contains(c.Logs.PathAttributes, name):
		return "paths are read from it, it is among logs::path_attributes"
	case slices.Contains(c.Logs.RequestIDAttributes, name):
		return "ids of requests are read from it, it is among logs::request_id_attributes"
	case logtrace.NewKeys(c.Logs.TraceIDAttributes).Lookup(name).Kind != logtrace.RoleNone:
		return "trace ids are read from it"
	case slices.ContainsFunc(ownAttributes, func(own string) bool { return isOwn(name, own) }):
		return "the processor writes something else to it"
	}
	return ""
}

func isOwn(name, own string) bool {
	return name == own || strings.HasSuffix(own, ".") && strings.HasPrefix(name, own)
}

// checkRead checks the attributes that are read for one thing and named for another.
func (c *Config) checkRead() (err error) {
	none := logtrace.NewKeys(nil)
	for _, name := range c.Logs.RequestIDAttributes {
		err = errors.Join(err,
			check.That(none.Lookup(name).Kind == logtrace.RoleNone, "logs::request_id_attributes must not contain %q: trace ids are read from it", name),
			check.That(!slices.Contains(c.Logs.TraceIDAttributes, name), "logs::request_id_attributes must not contain %q, which logs::trace_id_attributes contains", name))
	}
	for _, name := range c.Logs.TraceIDAttributes {
		err = errors.Join(err,
			check.That(!readsRequests(name), "logs::trace_id_attributes must not contain %q: requests are read from it", name),
			check.That(!slices.Contains(c.Logs.PathAttributes, name), "logs::trace_id_attributes must not contain %q, which logs::path_attributes contains", name))
	}
	return errors.Join(err, check.That(!slices.Contains(c.Logs.PathAttributes, record.AttributeHTTPRoute),
		"logs::path_attributes must not contain %q: the pattern of a path stands there, not the path", record.AttributeHTTPRoute))
}

// checkKeys checks attribute keys: none is empty, and none is a path of OTTL.
func checkKeys(key string, names []string) error {
	for _, name := range names {
		if strings.TrimSpace(name) == "" {
			return fmt.Errorf("%s must not contain an empty key, got %q", key, names)
		}
		if strings.ContainsAny(name, `[]"`) {
			return fmt.Errorf("%s must have keys of attributes, such as url.template, got %q", key, name)
		}
	}
	return nil
}

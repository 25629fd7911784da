// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"go.opentelemetry.io/collector/config/configopaque"

	"github.com/otelcol-correlation/correlationprocessor/internal/check"
	"github.com/otelcol-correlation/correlationprocessor/internal/mask"
	"github.com/otelcol-correlation/correlationprocessor/internal/record"
	"github.com/otelcol-correlation/correlationprocessor/internal/route"
	"github.com/otelcol-correlation/correlationprocessor/internal/route/openapi"
	"github.com/otelcol-correlation/correlationprocessor/internal/telemetry"
)

// RoutesConfig says how URL paths become route patterns.
type RoutesConfig struct {
	// Templates are the routes all services may have, such as
	// "GET /users/{id}" or "/users/:id".
	Templates []string `mapstructure:"templates"`
	// OpenAPIFiles are OpenAPI 3 or Swagger 2 files, JSON or YAML, whose paths
	// are templates as well.
	OpenAPIFiles []string `mapstructure:"openapi_files"`
	// Services has further templates by service.name.
	Services map[string]ServiceRoutesConfig `mapstructure:"services"`
	// MaxRoutes is the largest number of patterns a service may have.
	MaxRoutes int `mapstructure:"max_routes"`
	// Learn says whether traffic may shape patterns.
	Learn LearnConfig `mapstructure:"learn"`
	// Attribute is the attribute the pattern is written to.
	Attribute string `mapstructure:"attribute"`
	// SourceAttribute is the attribute for the source of the pattern;
	// empty writes none.
	SourceAttribute string `mapstructure:"source_attribute"`
	// HTTPRoute says when the pattern is written to http.route as well.
	HTTPRoute HTTPRouteMode `mapstructure:"http_route"`
	// SpanName puts the pattern in the place of the raw path in span names.
	SpanName bool `mapstructure:"span_name"`
	// RawPath says what becomes of the raw path, wherever an item has it.
	RawPath RawPathMode `mapstructure:"raw_path"`
	// HashKey is the secret that values are hashed with. Empty: one made at start.
	HashKey configopaque.String `mapstructure:"hash_key"`
	// Parameters says whether the values of a pattern's placeholders become
	// attributes http.route.param.<name>.
	Parameters ParametersMode `mapstructure:"parameters"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// LearnConfig says what is learned from traffic.
type LearnConfig struct {
	// Enabled lets the paths that arrive, and the http.route of other items,
	// shape patterns. Without it only templates and the shapes of segments do.
	Enabled bool `mapstructure:"enabled"`
	// File is where the learned patterns are written as YAML templates, ready
	// to be pasted into the configuration: every minute and at the end. Empty
	// writes none.
	File string `mapstructure:"file"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// ServiceRoutesConfig has the routes of one service.
type ServiceRoutesConfig struct {
	// Templates are the service's routes; they go before those of all services.
	Templates []string `mapstructure:"templates"`
	// OpenAPIFiles are files with further routes of the service.
	OpenAPIFiles []string `mapstructure:"openapi_files"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// HTTPRouteMode says when a pattern is written to http.route.
type HTTPRouteMode string

// The modes. The semantic conventions forbid to fill http.route from the path
// alone, so what was inferred goes there only on request.
const (
	HTTPRouteNever    HTTPRouteMode = "never"
	HTTPRouteDeclared HTTPRouteMode = "declared"
	HTTPRouteAlways   HTTPRouteMode = "always"
)

// RawPathMode says what becomes of raw paths.
type RawPathMode = mask.Mode

// The modes.
const (
	RawPathKeep = mask.Keep
	RawPathHash = mask.Hash
	RawPathDrop = mask.Drop
)

// ParametersMode says how placeholder values become attributes.
type ParametersMode string

// The modes. Off is the default, for values may be personal data.
const (
	ParametersOff   ParametersMode = "off"
	ParametersPlain ParametersMode = "plain"
	ParametersHash  ParametersMode = "hash"
)

// Validate checks the templates and the modes.
func (c *RoutesConfig) Validate() error {
	_, err := c.Table(0)
	return errors.Join(
		err,
		check.That(c.MaxRoutes > 0, "max_routes must be positive, got %d", c.MaxRoutes),
		check.That(c.Attribute != "", "attribute must not be empty"),
		c.checkLearnFile(),
		check.OneOf("http_route", c.HTTPRoute, HTTPRouteNever, HTTPRouteDeclared, HTTPRouteAlways),
		check.OneOf("raw_path", c.RawPath, RawPathKeep, RawPathHash, RawPathDrop),
		check.That(c.HashKey == "" || len(c.HashKey) >= mask.MinKey, "hash_key must be at least %d bytes long, got %d", mask.MinKey, len(c.HashKey)),
		check.OneOf("parameters", c.Parameters, ParametersOff, ParametersPlain, ParametersHash),
	)
}

// checkLearnFile checks that there is something to write to the file, and that it is
// not one that is read.
func (c *RoutesConfig) checkLearnFile() error {
	file := c.Learn.File
	if file == "" {
		return nil
	}
	read := slices.Clone(c.OpenAPIFiles)
	for _, s := range c.Services {
		read = append(read, s.OpenAPIFiles...)
	}
	same := func(other string) bool { return filepath.Clean(other) == filepath.Clean(file) }
	return errors.Join(
		check.That(c.Learn.Enabled, "learn::file needs learn::enabled: true, for nothing is learned without, got %q", file),
		check.That(!slices.ContainsFunc(read, same), "learn::file must not be one of openapi_files, got %q", file),
	)
}

// Written are the attributes that patterns and their sources are written to.
func (c *RoutesConfig) Written() []string {
	names := []string{record.AttributeHTTPRoute, c.Attribute}
	if c.SourceAttribute != "" {
		names = append(names, c.SourceAttribute)
	}
	return names
}

// Table returns a route table with all that is declared, which may learn so many bytes
// more; 0 is no limit. It reads the files. Its errors name the key.
func (c *RoutesConfig) Table(maxBytes int64) (*route.Table, error) {
	templates, err := declared(c.Templates, c.OpenAPIFiles)
	if err != nil {
		return nil, err
	}
	services := make(map[string][]string, len(c.Services))
	for name, s := range c.Services {
		if services[telemetry.Label(name)], err = declared(s.Templates, s.OpenAPIFiles); err != nil {
			return nil, fmt.Errorf("services::%s: %w", name, err)
		}
	}
	table, err := route.New(route.Options{
		Templates:   templates,
		Services:    services,
		MaxRoutes:   c.MaxRoutes,
		MaxServices: telemetry.MaxServices,
		MaxBytes:    maxBytes,
		Learn:       c.Learn.Enabled,
	})
	if err != nil {
		return nil, fmt.Errorf("templates: %w", err)
	}
	return table, nil
}

// declared returns the templates and those of the files.
func declared(templates, files []string) ([]string, error) {
	all := slices.Clone(templates)
	for _, file := range files {
		more, err := openapi.Templates(file)
		if err != nil {
			return nil, fmt.Errorf("openapi_files: %w", err)
		}
		all = append(all, more...)
	}
	return all, nil
}

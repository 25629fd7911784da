// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"encoding"
	"errors"
	"fmt"
	"maps"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.opentelemetry.io/collector/confmap"

	"github.com/otelcol-correlation/correlationprocessor/internal/check"
)

// Unmarshal reads the configuration. Besides what the Collector's decoder refuses it
// refuses values that the decoder would take for something else: a duration without
// a unit for nanoseconds, and a number without a value for 0. Defaults that would
// contradict what is set follow it.
func (c *Config) Unmarshal(conf *confmap.Conf) error {
	if err := misread(reflect.TypeFor[Config](), conf.ToStringMap(), ""); err != nil {
		return err
	}
	if err := conf.Unmarshal(c); err != nil {
		return err
	}
	c.follow(conf.IsSet)
	return nil
}

// follow adapts defaults to the keys that are set.
func (c *Config) follow(isSet func(key string) bool) {
	wait, afterRoot := isSet("decision_wait"), isSet("decision_wait_after_root")
	switch {
	case wait && !afterRoot:
		c.DecisionWaitAfterRoot = min(c.DecisionWaitAfterRoot, max(0, c.DecisionWait))
	case afterRoot && !wait:
		c.DecisionWait = max(c.DecisionWait, c.DecisionWaitAfterRoot)
	}
	if !isSet("logs::join_attributes") && c.Routes.Attribute != defaultAttribute {
		c.Logs.JoinAttributes = slices.Clone(c.Logs.JoinAttributes)
		c.Logs.JoinAttributes[slices.Index(c.Logs.JoinAttributes, defaultAttribute)] = c.Routes.Attribute
	}
}

// misread returns what would be read as something else than was written, in a value
// that is meant for the type. The path is the value's key.
func misread(t reflect.Type, raw any, path string) (err error) {
	switch t.Kind() {
	case reflect.Struct:
		fields, _ := raw.(map[string]any) // anything else is refused by the decoder
		return misreadFields(t, fields, path)
	case reflect.Map:
		entries, _ := raw.(map[string]any)
		for _, key := range slices.Sorted(maps.Keys(entries)) {
			err = errors.Join(err, misread(t.Elem(), entries[key], path+confmap.KeyDelimiter+key))
		}
	case reflect.Slice:
		list, _ := raw.([]any)
		for i, e := range list {
			err = errors.Join(err, misread(t.Elem(), e, path+confmap.KeyDelimiter+strconv.Itoa(i)))
		}
	case reflect.Bool:
		return checkSet(raw, path)
	case reflect.Int, reflect.Int64, reflect.Float64:
		return errors.Join(checkSet(raw, path), misreadNumber(t, raw, path))
	default: // texts are what they are
	}
	return err
}

func misreadFields(t reflect.Type, raw map[string]any, path string) (err error) {
	for field := range t.Fields() {
		key, options, _ := strings.Cut(field.Tag.Get(confmap.MapstructureTag), ",")
		if options == "squash" {
			err = errors.Join(err, misreadFields(field.Type, raw, path))
			continue
		}
		val, set := raw[key]
		if !set {
			continue
		}
		err = errors.Join(err, misread(field.Type, val, strings.TrimPrefix(path+confmap.KeyDelimiter+key, confmap.KeyDelimiter)))
	}
	return err
}

// checkSet returns an error if a key has no value. Where that comes from an environment
// variable that is not set, the decoder reads it as 0 or false.
func checkSet(raw any, path string) error {
	return check.That(raw != nil, "%s has no value: write one, or leave the key out", path)
}

func misreadNumber(t reflect.Type, raw any, path string) error {
	text, isText := raw.(string)
	switch number, isFloat := raw.(float64); {
	case t == reflect.TypeFor[time.Duration]():
		return unitless(raw, path)
	case isText && !reflect.PointerTo(t).Implements(reflect.TypeFor[encoding.TextUnmarshaler]()):
		return fmt.Errorf("%s must be a number, got %q%s", path, text, unquoted(text))
	case isFloat && t.Kind() != reflect.Float64 && number != math.Trunc(number):
		return fmt.Errorf("%s must be a whole number, got %v", path, number)
	}
	return nil
}

// unquoted is a hint for a number that was written as a text.
func unquoted(text string) string {
	number := strings.TrimSpace(strings.TrimSuffix(text, "%"))
	if _, err := strconv.ParseFloat(number, 64); err != nil {
		return ""
	}
	return "; write " + number
}

// unitless returns an error if a duration is a number alone, unless that is 0. Negative
// ones are refused for that.
func unitless(raw any, path string) error {
	if _, ok := raw.(time.Duration); ok {
		return nil
	}
	text := fmt.Sprint(raw)
	if n, err := strconv.ParseFloat(text, 64); err == nil && !(n <= 0) {
		return fmt.Errorf("%s: %s has no unit; write %s", path, text, withUnit(text, n))
	}
	return nil
}

// withUnit is what the number may have meant.
func withUnit(text string, n float64) string {
	if n >= float64(time.Millisecond) && n < math.MaxInt64 {
		return time.Duration(n).String() + " if nanoseconds were meant"
	}
	return fmt.Sprintf("%[1]ss or %[1]sms", text)
}

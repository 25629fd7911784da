// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/internal/check"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
)

// LogsConfig says how logs find their trace and their span.
type LogsConfig struct {
	// TraceIDAttributes are attribute keys that hold a trace id, tried before
	// the built-in ones.
	TraceIDAttributes []string `mapstructure:"trace_id_attributes"`
	// TraceIDInBody looks for the trace id in the body, too.
	TraceIDInBody bool `mapstructure:"trace_id_in_body"`
	// PathAttributes are attribute keys that hold a URL path or URL whatever
	// stands beside them, besides those of the semantic conventions and of common
	// loggers and servers.
	PathAttributes []string `mapstructure:"path_attributes"`
	// JoinAttributes are the attributes a log gets from its span where it
	// has none of its own. Not set, the pattern's is among them whatever its name.
	JoinAttributes []string `mapstructure:"join_attributes"`
	// JoinWait is how long a log without a route waits for its span where no
	// trace waits for a verdict; 0 does not wait.
	JoinWait time.Duration `mapstructure:"join_wait"`
	// CountOnSpans writes to each span that waits for its verdict how many
	// logs name it, log.count, and how many of them are errors,
	// log.error_count.
	CountOnSpans bool `mapstructure:"count_on_spans"`
	// DeduplicateAccessLogs keeps only the last of several access logs of a
	// service about one request: same span, method and path. It looks at logs
	// that wait for their trace's verdict or for their span, and makes access
	// logs wait for it where both signals go through the processor.
	DeduplicateAccessLogs bool `mapstructure:"deduplicate_access_logs"`
	// DropRedundantAccessLogs drops an access log whose span is handed on and
	// has the same method, path or pattern, and status. What else the log says
	// is lost. Logs that report a failure stay.
	DropRedundantAccessLogs bool `mapstructure:"drop_redundant_access_logs"`
	// RequestIDAttributes are attribute keys that hold the id of a request. A
	// log without a trace id gets that of another item of its service with the
	// same request id, for which it waits up to decision_wait. None: it does not.
	RequestIDAttributes []string `mapstructure:"request_id_attributes"`
	// MissingTraceID says what becomes of logs without a trace id.
	MissingTraceID MissingTraceIDConfig `mapstructure:"missing_trace_id"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// MissingTraceIDConfig says what becomes of logs without a trace id.
type MissingTraceIDConfig struct {
	// SamplingPercentage is the share that is kept of those that no rule of the user's
	// matches. Those that match a rule that keeps everything, such as errors, are
	// kept in any case.
	SamplingPercentage float64 `mapstructure:"sampling_percentage"`
	// SampleBy are attributes of logs or resources, such as request_id: logs with the
	// same values share a randomness, so all of them are kept or none. Logs without
	// any of them have a randomness of their own.
	SampleBy []string `mapstructure:"sample_by"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// NeedsSpans reports whether a log is held against its span, where both signals are
// in the processor.
func (c *LogsConfig) NeedsSpans() bool { return len(c.JoinAttributes) > 0 || c.Repeats() }

// Repeats reports whether access logs that repeat others are looked for.
func (c *LogsConfig) Repeats() bool { return c.DeduplicateAccessLogs || c.DropRedundantAccessLogs }

// Validate checks the keys and the wait.
func (c *LogsConfig) Validate() error {
	return errors.Join(
		checkKeys("trace_id_attributes", c.TraceIDAttributes),
		checkKeys("path_attributes", c.PathAttributes),
		checkKeys("request_id_attributes", c.RequestIDAttributes),
		checkKeys("join_attributes", c.JoinAttributes),
		check.Duration("join_wait", c.JoinWait),
	)
}

// Validate checks the percentage and the attributes.
func (c *MissingTraceIDConfig) Validate() error {
	return errors.Join(check.Percentage("sampling_percentage", c.SamplingPercentage), rules.CheckSampleBy(c.SampleBy))
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"slices"
	"strings"
	"time"

	"go.opentelemetry.io/collector/config/configretry"

	"github.com/otelcol-correlation/correlationprocessor/internal/check"
	"github.com/otelcol-correlation/correlationprocessor/internal/rules"
)

// Config is the block `correlation:` in the collector's configuration.
type Config struct {
	// DecisionWait is how long a trace may wait for its verdict after its
	// first span or log. Not set, it is not shorter than DecisionWaitAfterRoot.
	DecisionWait time.Duration `mapstructure:"decision_wait"`
	// DecisionWaitAfterRoot shortens the wait once the root span has arrived;
	// 0 does not. Not set, it is not longer than DecisionWait.
	DecisionWaitAfterRoot time.Duration `mapstructure:"decision_wait_after_root"`
	// Hindsight is how long a decided trace is still held, as far as there is room: one
	// that was dropped, to come back whole if an item then matches a rule that keeps it,
	// and one that was kept after a wait, for late logs to be joined to its spans. 0 holds
	// neither.
	Hindsight time.Duration `mapstructure:"hindsight"`
	// ShutdownTimeout is how long what is held may take to be delivered at the end, where
	// the Collector sets no limit of its own. What is left then is lost and counted.
	ShutdownTimeout time.Duration `mapstructure:"shutdown_timeout"`
	// RetryOnFailure says how often and how long a next component that failed is tried
	// again with what was held.
	RetryOnFailure configretry.BackOffConfig `mapstructure:"retry_on_failure"`
	// MaxItemsPerTrace is how many spans and logs of one trace are held. With
	// so many the trace is decided, and later items follow the verdict.
	MaxItemsPerTrace int `mapstructure:"max_items_per_trace"`
	// MaxBytes limits the memory taken by held items, tables and remembered
	// verdicts, of both signals together.
	MaxBytes ByteSize `mapstructure:"max_bytes"`
	// VerdictMemory is how much of MaxBytes the verdicts may take that are remembered for
	// late items, 17 to 34 bytes each; 0 is a sixteenth.
	VerdictMemory ByteSize `mapstructure:"verdict_memory"`
	// MetadataKeys are keys of the clients' metadata (client.Info), in any case,
	// that held items keep: those with different values go on apart, each with
	// its own. The receivers need include_metadata.
	MetadataKeys []string `mapstructure:"metadata_keys"`
	// MetadataCardinalityLimit is how many combinations of their values are held
	// at a time; a batch with one more is refused. 0 does not limit.
	MetadataCardinalityLimit uint32 `mapstructure:"metadata_cardinality_limit"`

	Storage  StorageConfig `mapstructure:"storage"`
	Routes   RoutesConfig  `mapstructure:"routes"`
	Logs     LogsConfig    `mapstructure:"logs"`
	Sampling rules.Config  `mapstructure:"sampling"`

	Telemetry TelemetryConfig `mapstructure:"telemetry"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// MinBytes is the smallest max_bytes: below it the tables leave no room for data.
const MinBytes = 1 << 20

// The default waits fit the SDKs' defaults. Their span processors send what has ended
// every 5 s (OTEL_BSP_SCHEDULE_DELAY), so a child's spans, and the span that a log
// names, arrive up to 5 s after the root, and a little later for the way here.
const (
	defaultWait          = 30 * time.Second
	defaultWaitAfterRoot = 7 * time.Second
	defaultJoinWait      = 7 * time.Second
)

// defaultAttribute is the one that the semantic conventions have for patterns that are
// no framework's.
const defaultAttribute = "url.template"

// Default returns the configuration that holds where the user sets nothing: nothing is
// dropped.
func Default() *Config {
	return &Config{
		DecisionWait:          defaultWait,
		DecisionWaitAfterRoot: defaultWaitAfterRoot,
		Hindsight:             30 * time.Second,
		ShutdownTimeout:       10 * time.Second,
		RetryOnFailure:        defaultRetry(),
		MaxItemsPerTrace:      10_000,
		MaxBytes:              512 << 20,

		MetadataCardinalityLimit: 1000,

		Storage: StorageConfig{MaxBytes: 4 << 30},
		Routes: RoutesConfig{
			MaxRoutes: 1000,
			Learn:     LearnConfig{Enabled: true},
			Attribute: defaultAttribute,
			HTTPRoute: HTTPRouteDeclared,
			SpanName:  true,
			RawPath:   RawPathKeep,

			Parameters: ParametersOff,
		},
		Logs: LogsConfig{
			TraceIDInBody:  true,
			JoinAttributes: []string{defaultAttribute, "http.route", "http.request.method", "http.response.status_code"},
			JoinWait:       defaultJoinWait,
			MissingTraceID: MissingTraceIDConfig{SamplingPercentage: 100},
		},
		Sampling: rules.DefaultConfig(),
		Telemetry: TelemetryConfig{
			Integrity: true,
			SpanTimes: true,
		},
	}
}

// defaultRetry is that of exporters with a shorter first interval: what waits here takes
// memory, and most failures are queues that are full for a moment. No interval is longer
// than 5 s, so that what waits goes on soon after the next component does.
func defaultRetry() configretry.BackOffConfig {
	retry := configretry.NewDefaultBackOffConfig()
	retry.InitialInterval, retry.MaxInterval = 50*time.Millisecond, 5*time.Second
	return retry
}

// Validate checks the waits and limits, and that no attribute has two meanings.
func (c *Config) Validate() error {
	return errors.Join(
		check.That(c.DecisionWait > 0, "decision_wait must be positive, got %v", c.DecisionWait),
		check.Duration("decision_wait", max(0, c.DecisionWait)),
		check.Duration("decision_wait_after_root", c.DecisionWaitAfterRoot),
		check.That(c.DecisionWaitAfterRoot <= max(0, c.DecisionWait),
			"decision_wait_after_root must not be longer than decision_wait (%v), got %v", c.DecisionWait, c.DecisionWaitAfterRoot),
		check.Duration("hindsight", c.Hindsight),
		check.That(c.ShutdownTimeout > 0, "shutdown_timeout must be positive, got %v", c.ShutdownTimeout),
		check.Duration("shutdown_timeout", max(0, c.ShutdownTimeout)),
		check.Duration("retry_on_failure::initial_interval", c.RetryOnFailure.InitialInterval),
		check.Duration("retry_on_failure::max_interval", c.RetryOnFailure.MaxInterval),
		check.Duration("retry_on_failure::max_elapsed_time", c.RetryOnFailure.MaxElapsedTime),
		check.That(c.MaxItemsPerTrace > 0, "max_items_per_trace must be positive, got %d", c.MaxItemsPerTrace),
		check.That(c.MaxBytes >= MinBytes, "max_bytes must be at least %s, got %s", ByteSize(MinBytes), c.MaxBytes),
		check.That(c.VerdictMemory <= c.MaxBytes/2, "verdict_memory must be at most half of max_bytes (%s), got %s", c.MaxBytes, c.VerdictMemory),
		c.checkAttributes(),
		check.That(!slices.Contains(c.MetadataKeys, ""), "metadata_keys must not contain an empty key, got %q", c.MetadataKeys),
		check.That(!repeated(c.MetadataKeys), "metadata_keys must not contain a key twice, in whatever case, got %q", c.MetadataKeys),
	)
}

// repeated reports whether two of the keys differ by nothing but their case.
func repeated(keys []string) bool {
	seen := map[string]bool{}
	for _, key := range keys {
		lower := strings.ToLower(key)
		if seen[lower] {
			return true
		}
		seen[lower] = true
	}
	return false
}

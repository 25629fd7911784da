// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/internal/check"
	"github.com/otelcol-correlation/correlationprocessor/internal/storage"
)

// StorageConfig says where what is held, and what is remembered, outlives the process.
type StorageConfig struct {
	// Directory has the files; one process has it at a time. Empty: nothing outlives it.
	Directory string `mapstructure:"directory"`
	// MaxBytes is how much the files take, set aside at start. Held records lie in them,
	// and do not count against max_bytes.
	MaxBytes ByteSize `mapstructure:"max_bytes"`
	// SyncInterval is how often the files are written to the device: what a crash of the
	// machine may cost. 0 leaves that to the system, and survives the process only.
	SyncInterval time.Duration `mapstructure:"sync_interval"`
	// DrainOnShutdown has all that is held decided and delivered at the end, and not left
	// to the next start: there will be none.
	DrainOnShutdown bool `mapstructure:"drain_on_shutdown"`

	// prevent unkeyed literal initialization
	_ struct{}
}

// Enabled reports whether there is a directory.
func (c *StorageConfig) Enabled() bool { return c.Directory != "" }

// Validate checks the size and the interval.
func (c *StorageConfig) Validate() error {
	return errors.Join(
		check.That(c.MaxBytes >= storage.MinBytes, "max_bytes must be at least %s, got %s", ByteSize(storage.MinBytes), c.MaxBytes),
		check.Duration("sync_interval", c.SyncInterval),
		check.That(c.Directory != "" || c.SyncInterval == 0, "sync_interval needs storage::directory, got %v without one", c.SyncInterval),
		check.That(c.Directory != "" || !c.DrainOnShutdown, "drain_on_shutdown needs storage::directory, got true without one"),
	)
}

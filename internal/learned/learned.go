// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package learned

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-correlation/correlationprocessor/internal/config"
	"github.com/otelcol-correlation/correlationprocessor/internal/route"
)

// Routes looks after what a route table has learned: it has old knowledge
// forgotten, warns once of each service that reached the cap, writes the
// patterns to a file for people to read, and keeps them for the next process. It is
// used by one goroutine.
type Routes struct {
	cfg     *config.RoutesConfig
	table   *route.Table
	log     *zap.Logger
	warned  map[string]bool // services that are known
	looked  time.Time
	written time.Time

	file     string // where the next process finds it; empty: nowhere
	kept     kept
	keepNext time.Time
}

// New returns the Routes of a table, which has the configuration.
func New(cfg *config.RoutesConfig, table *route.Table, log *zap.Logger) *Routes {
	return &Routes{cfg: cfg, table: table, log: log, warned: map[string]bool{}}
}

// How often the table is looked at, and the file written.
const (
	lookInterval  = 5 * time.Second
	writeInterval = time.Minute
)

// Tick does what is due at the instant, and is called often.
func (r *Routes) Tick(now time.Time) {
	r.keepSome(now)
	if now.Sub(r.looked) < lookInterval {
		return
	}
	r.looked = now
	r.table.Tick(now)
	r.warn()
	if r.written.IsZero() {
		r.written = now
	}
	if now.Sub(r.written) >= writeInterval {
		r.written = now
		r.Write()
	}
}

// warn names the services whose paths did not all get a pattern of their own.
func (r *Routes) warn() {
	for name := range r.warned {
		if !r.table.Known(name) {
			delete(r.warned, name)
		}
	}
	for name, s := range r.table.Services {
		if s.Overflowed() > 0 && !r.warned[name] {
			r.warned[name] = true
			r.log.Warn("a service reached routes::max_routes, or all services together a quarter of max_bytes: new paths share overflow patterns",
				zap.String("service.name", name), zap.Int("max_routes", r.cfg.MaxRoutes))
		}
	}
}

// Probe returns an error if the file cannot be written: better at start than in a
// minute's warning.
func (r *Routes) Probe() error {
	name := r.cfg.Learn.File
	if name == "" {
		return nil
	}
	if info, err := os.Stat(name); err == nil && info.IsDir() {
		return fmt.Errorf("routes::learn::file %q is a folder", name)
	}
	f, err := createBeside(name)
	if err != nil {
		return fmt.Errorf("routes::learn::file %q cannot be written: %w", name, err)
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

// Stop writes and keeps what is known at the end.
func (r *Routes) Stop() {
	r.keepAll()
	r.Write()
}

// Write replaces the file in one step, so that whoever reads it sees all of it. Its
// error is logged: the next one may succeed.
func (r *Routes) Write() {
	if r.cfg.Learn.File == "" {
		return
	}
	if err := replace(r.cfg.Learn.File, r.table.WriteYAML); err != nil {
		r.log.Warn("the learned routes cannot be written to routes::learn::file", zap.Error(err))
	}
}

// replace replaces a file by what write writes.
func replace(name string, write func(io.Writer) error) error {
	f, err := createBeside(name)
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := write(f); err != nil {
		_ = f.Close() // the error of the write says more
		return err
	}
	if err := f.Close(); err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// createBeside creates the file that is to replace the one with the name.
func createBeside(name string) (*os.File, error) {
	return os.CreateTemp(filepath.Dir(name), filepath.Base(name)+".*")
}

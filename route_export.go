// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package correlationprocessor

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.uber.org/zap"

	"github.com/otelcol-correlation/correlationprocessor/internal/route"
)

// learned looks after what the route table has learned: it has old knowledge
// forgotten, warns once of each service that reached the cap, and writes the
// patterns to a file for people to read. It is used by one goroutine.
type learned struct {
	cfg     *RoutesConfig
	table   *route.Table
	log     *zap.Logger
	warned  map[string]bool // services that are known
	looked  time.Time
	written time.Time
}

// How often the table is looked at, and the file written.
const (
	lookInterval  = 5 * time.Second
	writeInterval = time.Minute
)

func (l *learned) tick(now time.Time) {
	if now.Sub(l.looked) < lookInterval {
		return
	}
	l.looked = now
	l.table.Tick(now)
	l.warn()
	if l.written.IsZero() {
		l.written = now
	}
	if now.Sub(l.written) >= writeInterval {
		l.written = now
		l.write()
	}
}

// warn names the services whose paths did not all get a pattern of their own.
func (l *learned) warn() {
	for name := range l.warned {
		if !l.table.Known(name) {
			delete(l.warned, name)
		}
	}
	for name, s := range l.table.Services {
		if s.Overflowed() > 0 && !l.warned[name] {
			l.warned[name] = true
			l.log.Warn("a service reached routes::max_routes, or all services together a quarter of max_bytes: new paths share overflow patterns",
				zap.String("service.name", name), zap.Int("max_routes", l.cfg.MaxRoutes))
		}
	}
}

// probe returns an error if the file cannot be written: better at start than in a
// minute's warning.
func (l *learned) probe() error {
	name := l.cfg.Learn.File
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

// write replaces the file in one step, so that whoever reads it sees all of it.
func (l *learned) write() {
	if l.cfg.Learn.File == "" {
		return
	}
	if err := writeFile(l.cfg.Learn.File, l.table); err != nil {
		l.log.Warn("the learned routes cannot be written to routes::learn::file", zap.Error(err))
	}
}

func writeFile(name string, table *route.Table) error {
	f, err := createBeside(name)
	if err != nil {
		return err
	}
	defer os.Remove(f.Name())
	if err := table.WriteYAML(f); err != nil {
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

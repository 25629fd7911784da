// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

// Package prometheus runs a Prometheus server that scrapes one collector and evaluates
// the published rules, with their waits shortened.
package prometheus

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/otelcol-correlation/correlationprocessor/testkit/collector"
	"github.com/otelcol-correlation/correlationprocessor/testkit/process"
)

const (
	startLimit = 30 * time.Second
	stopGrace  = 10 * time.Second
	poll       = 100 * time.Millisecond
)

// config has a server scrape as its version does by default, once a second.
const config = `global: {scrape_interval: 1s, evaluation_interval: 1s}
rule_files: ["*.rules.yaml"]
scrape_configs:
  - job_name: collectors
    static_configs: [{targets: [%q]}]
`

// Options say what to run.
type Options struct {
	Binary string
	Target string   // host:port of the collector's metrics page
	Rules  []string // files of rules
	// Window is what the rules' ranges become; each alert then waits for a quarter of it.
	Window time.Duration
}

// Server is a running Prometheus. Stop it after use.
type Server struct {
	process *process.Process
	folder  string
	url     string
}

// Start starts a server and waits until it is ready.
func Start(ctx context.Context, o Options) (s *Server, err error) {
	address, err := collector.FreeAddresses(1)
	if err != nil {
		return nil, err
	}
	s = &Server{url: "http://" + address[0]}
	if s.folder, err = os.MkdirTemp("", "prometheus-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, s.Stop())
		}
	}()
	if err := s.write(o); err != nil {
		return s, err
	}
	s.process, err = process.Start("prometheus", o.Binary, []string{
		"--config.file=" + filepath.Join(s.folder, "prometheus.yaml"), "--storage.tsdb.path=" + filepath.Join(s.folder, "data"),
		"--web.listen-address=" + address[0], "--enable-feature=exemplar-storage", "--log.level=warn",
	}, nil)
	if err != nil {
		return s, err
	}
	err = s.awaitReady(ctx)
	return s, err
}

// write writes the configuration and the rules.
func (s *Server) write(o Options) error {
	err := os.WriteFile(filepath.Join(s.folder, "prometheus.yaml"), fmt.Appendf(nil, config, o.Target), 0o600)
	for _, path := range o.Rules {
		text, e := os.ReadFile(path)
		name := strings.TrimSuffix(filepath.Base(path), ".yaml") + ".rules.yaml"
		err = errors.Join(err, e, os.WriteFile(filepath.Join(s.folder, name), []byte(Shorten(string(text), o.Window)), 0o600))
	}
	return err
}

// The waits of rules and queries.
var (
	ranges    = regexp.MustCompile(`\[\d+[mh]\]`)
	days      = regexp.MustCompile(`\[1d\]`)
	holds     = regexp.MustCompile(`for: \d+m`)
	intervals = regexp.MustCompile(`interval: 1m`)
)

// Shorten returns rules or queries with their ranges cut to the window, those of a day to
// twenty times that, and how long an alert waits to a quarter of it.
func Shorten(text string, window time.Duration) string {
	text = ranges.ReplaceAllLiteralString(text, fmt.Sprintf("[%s]", seconds(window)))
	text = days.ReplaceAllLiteralString(text, fmt.Sprintf("[%s]", seconds(20*window)))
	text = holds.ReplaceAllLiteralString(text, "for: "+seconds(window/4))
	return intervals.ReplaceAllLiteralString(text, "interval: 1s")
}

func seconds(d time.Duration) string { return strconv.Itoa(int(d.Seconds())) + "s" }

func (s *Server) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, startLimit)
	defer cancel()
	for {
		if _, err := Query(ctx, s.url, "vector(1)"); err == nil {
			return nil
		}
		select {
		case <-s.process.Exited():
			return errors.Join(errors.New("prometheus did not start"), s.process.Failure())
		case <-ctx.Done():
			return fmt.Errorf("prometheus is not ready%s", s.process.Quote())
		case <-time.After(poll):
		}
	}
}

// Stop ends the server and removes what it stored.
func (s *Server) Stop() error {
	var err error
	if s.process != nil {
		err = s.process.Stop(stopGrace)
	}
	return errors.Join(err, os.RemoveAll(s.folder))
}

// URL is where the server answers.
func (s *Server) URL() string { return s.url }

// Fired returns the alerts that fired since the start, each with its service if it has
// one: "CorrelationSpanLoss cart".
func (s *Server) Fired(ctx context.Context) (out []string, err error) {
	series, err := Query(ctx, s.url, `group by (alertname, service_name) (max_over_time(ALERTS{alertstate="firing"}[1d]))`)
	for _, alert := range series {
		out = append(out, strings.TrimSpace(alert.Labels["alertname"]+" "+alert.Labels["service_name"]))
	}
	slices.Sort(out)
	return out, err
}

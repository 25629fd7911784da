// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/demo/internal/report"
	"github.com/otelcol-correlation/correlationprocessor/demo/internal/stage"
)

const requests = 300

// perform runs the demo with the stand-in and sees that it leaves nothing
// behind, however it ended.
func perform(ctx context.Context, t *testing.T, mode string) (report.Findings, error) {
	t.Helper()
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	self, err := os.Executable()
	require.NoError(t, err)
	sink, err := os.Create(filepath.Join(t.TempDir(), "progress"))
	require.NoError(t, err)
	defer func() { require.NoError(t, sink.Close()) }()
	findings, runErr := stage.Run(ctx, stage.Options{
		Collector: self, Config: mode, Seed: 1, Requests: requests, Duration: time.Second,
		Progress: stage.NewProgress(sink),
	})
	left, err := os.ReadDir(temp)
	require.NoError(t, err)
	require.Empty(t, left, "temporary files")
	var status syscall.WaitStatus
	_, err = syscall.Wait4(-1, &status, syscall.WNOHANG, nil)
	require.ErrorIs(t, err, syscall.ECHILD, "a child process is left")
	return findings, runErr
}

// A collector that passes everything on splits nothing and loses nothing; what
// the processor does beyond that must be found missing, and nothing else.
func TestRunWithACollectorThatDecidesNothing(t *testing.T) {
	findings, err := perform(t.Context(), t, passesAll)
	require.NoError(t, err)
	var kinds []string
	for _, problem := range findings.Problems {
		for _, kind := range []string{
			"without both there is nothing to compare", "trace id in the text only", "the processor counted 0",
		} {
			if strings.Contains(problem, kind) {
				kinds = append(kinds, kind)
			}
		}
	}
	require.Len(t, kinds, len(findings.Problems), "unexpected: %v", findings.Problems)
	require.Positive(t, findings.Traces.Errors)
	require.Equal(t, findings.Traces.WithBoth, findings.Traces.Whole)
	require.Greater(t, findings.Traces.All, requests*9/10, "the unwrapped client makes more traces, few requests make none")
	require.True(t, strings.HasPrefix(findings.Headline, "300 requests of seed 1"), findings.Headline)
}

// The services' flaws are what the page is about, so they must be there.
func TestServicesHaveTheFlawsTheyShould(t *testing.T) {
	findings, err := perform(t.Context(), t, passesAll)
	require.NoError(t, err)
	missing := map[string]int{}
	for _, row := range findings.Missing {
		missing[row.Service+" "+row.Reason] = row.Sent
	}
	for _, flaw := range []string{
		"storefront absent", "catalog absent", "orders absent", "orders invalid_zero", "orders placeholder",
	} {
		require.Positive(t, missing[flaw], flaw)
	}
	require.Len(t, missing, 5, "%v", missing)
	for _, service := range findings.Routes.Services {
		require.Greater(t, service.Paths, service.Bound, "%s shows no explosion of paths", service.Service)
	}
}

func TestRunFindsSplitTraces(t *testing.T) {
	findings, err := perform(t.Context(), t, dropsLogs)
	require.NoError(t, err)
	require.Equal(t, findings.Traces.WithBoth, findings.Traces.Split)
	require.Contains(t, strings.Join(findings.Problems, "\n"), "traces were split")
}

func TestRunTellsWhyTheCollectorDidNotStart(t *testing.T) {
	_, err := perform(t.Context(), t, neverStarts)
	require.ErrorContains(t, err, "the collector did not start")
	require.ErrorContains(t, err, "exit status 7")
	require.ErrorContains(t, err, "a bad key in the config")
}

func TestRunTellsWhyTheCollectorEnded(t *testing.T) {
	_, err := perform(t.Context(), t, endsEarly)
	require.ErrorContains(t, err, "the collector ended in the middle of the demo")
	require.ErrorContains(t, err, "exit status 9")
	require.ErrorContains(t, err, "a bug in the processor")
}

func TestRunEndsWhenInterrupted(t *testing.T) {
	stop := errors.New("somebody pressed a key")
	ctx, cancel := context.WithCancelCause(t.Context())
	time.AfterFunc(500*time.Millisecond, func() { cancel(stop) })
	_, err := perform(ctx, t, passesAll)
	require.ErrorIs(t, err, stop)
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package process

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func shell(t *testing.T, script string) *Process {
	t.Helper()
	p, err := Start("shell", "/bin/sh", []string{"-c", script}, nil)
	require.NoError(t, err)
	t.Cleanup(p.Kill)
	return p
}

func requireLine(t *testing.T, p *Process, prefix, want string) {
	t.Helper()
	got, err := p.Line(t.Context(), prefix)
	require.NoError(t, err)
	require.Equal(t, want, got)
}

func TestStopWaitsForACleanEnd(t *testing.T) {
	p := shell(t, `trap 'exit 0' TERM; echo ready x; while :; do sleep 0.05; done`)
	requireLine(t, p, "ready ", "x")
	require.NoError(t, p.Stop(time.Minute))
	require.NoError(t, p.Stop(time.Minute), "twice is fine")
	require.ErrorContains(t, p.Terminate(), "shell has ended already")
}

func TestStopKillsTheWholeGroup(t *testing.T) {
	p := shell(t, `trap '' TERM; (trap '' TERM; echo child; exec sleep 600) & echo ready; wait; sleep 600`)
	requireLine(t, p, "ready", "")
	requireLine(t, p, "child", "")
	err := p.Stop(50 * time.Millisecond)
	require.ErrorContains(t, err, "shell did not stop within 50ms and was killed")
	require.ErrorContains(t, err, "child")
}

func TestStopReportsAnUncleanEnd(t *testing.T) {
	p := shell(t, `echo out of luck >&2; exit 3`)
	<-p.Exited()
	err := p.Stop(time.Minute)
	require.ErrorContains(t, err, "exit status 3")
	require.ErrorContains(t, err, "out of luck")
}

func TestStartReportsWhatItCannotStart(t *testing.T) {
	_, err := Start("collector", "/nowhere/otelcol", nil, nil)
	require.ErrorContains(t, err, "start collector")
	require.ErrorContains(t, err, "/nowhere/otelcol")
}

// Nobody waits for a line that will not come.
func TestLineEndsWithTheProcessOrTheContext(t *testing.T) {
	_, err := shell(t, "exit 3").Line(t.Context(), "ready ")
	require.ErrorContains(t, err, "shell did not start")
	require.ErrorContains(t, err, "exit status 3")
	ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
	defer cancel()
	_, err = shell(t, "exec sleep 600").Line(ctx, "ready ")
	require.ErrorIs(t, err, context.DeadlineExceeded)
}

// Variables such as OTEL_TRACES_SAMPLER would change what a program sends.
func TestEnvironmentCannotReconfigureAnSDK(t *testing.T) {
	require.Equal(t, []string{"HOME=/x", "LANG=C"},
		cleanEnvironment([]string{"HOME=/x", "OTEL_TRACES_SAMPLER=always_off", "LANG=C"}))
}

func TestUsage(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("/proc is Linux's")
	}
	p := shell(t, `i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo done; exec sleep 600`)
	requireLine(t, p, "done", "")
	cpu, err := p.CPU()
	require.NoError(t, err)
	require.Positive(t, cpu)
	rss, err := p.RSS()
	require.NoError(t, err)
	require.Positive(t, rss)
	peak, err := p.PeakRSS()
	require.NoError(t, err)
	require.GreaterOrEqual(t, peak, rss)
}

func TestQuoteIsTheEndOfTheOutput(t *testing.T) {
	var o output
	require.Empty(t, o.quote())
	_, _ = o.Write([]byte("first\nsec"))
	_, found := o.line("sec")
	require.False(t, found, "the line is not whole")
	_, _ = o.Write([]byte("ond\n"))
	require.Equal(t, "; it wrote last:\n    first\n    second", o.quote())
	_, _ = o.Write([]byte(strings.Repeat("line\n", 100)))
	require.NotContains(t, o.quote(), "second")
	_, _ = o.Write([]byte(strings.Repeat("x", 10*maxLine)))
	require.Less(t, len(o.quote()), 2*maxLine)
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

//go:build unix

package stage

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func shell(t *testing.T, script string) *process {
	t.Helper()
	p, err := launch("shell", "/bin/sh", []string{"-c", script}, nil)
	require.NoError(t, err)
	t.Cleanup(func() { _ = p.stop(0) })
	return p
}

func TestStopWaitsForACleanEnd(t *testing.T) {
	p := shell(t, `trap 'exit 0' TERM; echo ready x; while :; do sleep 0.05; done`)
	require.Equal(t, "x", <-p.output.ready)
	require.NoError(t, p.stop(time.Minute))
	require.NoError(t, p.stop(time.Minute), "twice is fine")
}

func TestStopKillsTheWholeGroup(t *testing.T) {
	p := shell(t, `trap '' TERM; (trap '' TERM; echo child; exec sleep 600) & echo ready x; wait; sleep 600`)
	<-p.output.ready
	err := p.stop(50 * time.Millisecond)
	require.ErrorContains(t, err, "shell did not stop within 50ms and was killed")
	require.ErrorContains(t, err, "child")
}

func TestStopTellsOfAnUncleanEnd(t *testing.T) {
	p := shell(t, `echo out of luck >&2; exit 3`)
	<-p.exited
	err := p.stop(time.Minute)
	require.ErrorContains(t, err, "exit status 3")
	require.ErrorContains(t, err, "out of luck")
}

func TestLaunchTellsWhatItCannotStart(t *testing.T) {
	_, err := launch("collector", "/nowhere/otelcol", nil, nil)
	require.ErrorContains(t, err, "start collector")
	require.ErrorContains(t, err, "/nowhere/otelcol")
}

// Variables such as OTEL_TRACES_SAMPLER would change what the services send.
func TestEnvironmentCannotReconfigureTheServices(t *testing.T) {
	require.Equal(t, []string{"HOME=/x", "LANG=C"},
		cleanEnvironment([]string{"HOME=/x", "OTEL_TRACES_SAMPLER=always_off", "LANG=C"}))
}

func TestOutputKeepsTheLastLines(t *testing.T) {
	o := newOutput()
	for range 3 {
		_, err := o.Write([]byte("first\nsec"))
		require.NoError(t, err)
		_, err = o.Write([]byte("ond\nready 127.0.0.1:1\n"))
		require.NoError(t, err)
	}
	require.Equal(t, "127.0.0.1:1", <-o.ready)
	require.Contains(t, o.quote(), "first\n    second\n    first")
	_, _ = o.Write([]byte(strings.Repeat("line\n", 100)))
	require.NotContains(t, o.quote(), "second")
	_, _ = o.Write([]byte(strings.Repeat("x", 10*maxLine)))
	require.Less(t, len(o.quote()), 2*maxLine)
}

func TestFreePortsDiffer(t *testing.T) {
	ports, err := freePorts(10)
	require.NoError(t, err)
	seen := map[string]bool{}
	for _, port := range ports {
		require.False(t, seen[port])
		seen[port] = true
	}
}

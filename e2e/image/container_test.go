// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package image

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/testkit/collector"
)

// stopSeconds is how long docker waits after SIGTERM before it kills; a clean
// end takes a second.
const stopSeconds = "60"

// setting reads an environment variable that the Makefile sets.
func setting(t *testing.T, name string) string {
	t.Helper()
	value := os.Getenv(name)
	require.NotEmpty(t, value, "%s is not set: run make image-test", name)
	return value
}

// docker runs a docker command and returns what it prints to stdout.
func docker(t *testing.T, args ...string) string {
	t.Helper()
	path, err := exec.LookPath("docker")
	require.NoError(t, err, "the image is tested with docker, and there is none")
	output, err := exec.Command(path, args...).Output()
	if err != nil {
		var said []byte
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			said = exit.Stderr
		}
		require.NoError(t, err, "docker %s: %s", strings.Join(args, " "), said)
	}
	return strings.TrimSpace(string(output))
}

// container is a running container of the image.
type container struct {
	id string
}

// run starts the image on the host's network, with its own config, at the given
// endpoints and with further options, and waits until it is healthy.
func run(t *testing.T, endpoints collector.Endpoints, options ...string) container {
	t.Helper()
	args := append([]string{"run", "--detach", "--network=host", "--memory=1g"}, options...)
	for _, variable := range endpoints.Env() {
		args = append(args, "--env="+variable)
	}
	c := container{id: docker(t, append(args, setting(t, "E2E_IMAGE"))...)}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the container wrote:\n%s", c.output())
		}
		docker(t, "rm", "--force", c.id)
	})
	require.NoError(t, collector.AwaitReady(t.Context(), endpoints, nil))
	return c
}

// output is what the container has written so far; the collector writes to stderr.
func (c container) output() string {
	output, err := exec.Command("docker", "logs", c.id).CombinedOutput()
	if err != nil {
		return err.Error()
	}
	return string(output)
}

// stop sends SIGTERM, waits for the end and returns the exit code.
func (c container) stop(t *testing.T) string {
	t.Helper()
	docker(t, "stop", "--time="+stopSeconds, c.id)
	return docker(t, "inspect", "--format={{.State.ExitCode}}", c.id)
}

// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package image

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.opentelemetry.io/collector/pdata/pcommon"

	"github.com/otelcol-correlation/correlationprocessor/e2e/harness"
	"github.com/otelcol-correlation/correlationprocessor/testkit/collector"
)

// The image runs its own config: a kept trace and a log of it go through, also
// when SIGTERM comes while both are still held, and a dropped trace does not.
func TestImageDeliversAndStops(t *testing.T) {
	sink, err := harness.NewSink()
	require.NoError(t, err)
	t.Cleanup(sink.Close)
	endpoints, err := collector.NewEndpoints(sink.Addr())
	require.NoError(t, err)
	container := run(t, endpoints)
	sender, err := harness.NewSender(endpoints.GRPC)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, sender.Close()) })

	// Of all ids, the one with the highest randomness is kept and the one with the
	// lowest is not, unless there is evidence.
	kept := pcommon.TraceID(bytes.Repeat([]byte{0xff}, 16))
	dropped := pcommon.TraceID{15: 1}
	failed := pcommon.TraceID{15: 2}
	for _, batch := range []harness.Batch{
		spanOf(1, kept, harness.NoFault), logOf(2, kept, harness.NoFault),
		spanOf(3, dropped, harness.NoFault), logOf(4, dropped, harness.NoFault),
		spanOf(5, failed, harness.NoFault), logOf(6, failed, harness.SeverityNumberError),
	} {
		require.NoError(t, sender.Send(t.Context(), batch))
	}
	require.Equal(t, "0", container.stop(t), "exit code; the container wrote:\n%s", container.output())

	require.Contains(t, container.output(), "Go's soft memory limit is", "the heap leaves room for what is held")
	requireKeys(t, sink, harness.Spans, 1, 5)
	requireKeys(t, sink, harness.Logs, 2, 6)
}

// A container whose memory has no room for what may be held says so at start.
func TestMemoryLimitOfTheContainer(t *testing.T) {
	for options, says := range map[string]string{
		"--memory=400m": "max_bytes 512MiB is not below the memory that the collector may use: the memory limit of its control group is 400MiB",
		"--memory=900m --env=GOMEMLIMIT=700MiB": "max_bytes 512MiB and GOMEMLIMIT 700MiB are together more than the memory limit of its control group, 900MiB: " +
			"held data lies outside Go's heap, so set GOMEMLIMIT to at most 388MiB",
	} {
		t.Run(options, func(t *testing.T) {
			endpoints, err := collector.NewEndpoints("127.0.0.1:1")
			require.NoError(t, err)
			container := run(t, endpoints, strings.Fields(options)...)
			require.Contains(t, container.output(), says)
			require.Equal(t, "0", container.stop(t))
		})
	}
}

func spanOf(key int64, trace pcommon.TraceID, fault harness.Fault) harness.Batch {
	item := harness.Item{Key: key, Signal: harness.Spans, Trace: trace, Span: pcommon.SpanID{1}, Service: "shop", Fault: fault}
	return harness.Batch{Signal: harness.Spans, Items: []harness.Item{item}}
}

func logOf(key int64, trace pcommon.TraceID, fault harness.Fault) harness.Batch {
	item := harness.Item{Key: key, Signal: harness.Logs, Trace: trace, Span: pcommon.SpanID{1}, Service: "shop", Fault: fault}
	return harness.Batch{Signal: harness.Logs, Items: []harness.Item{item}}
}

// requireKeys checks that exactly the items of these keys came, each once.
func requireKeys(t *testing.T, sink *harness.Sink, signal harness.Signal, keys ...int64) {
	t.Helper()
	came := sink.Arrived(signal)
	require.Len(t, came, len(keys), "%v: %v", signal, came)
	for _, key := range keys {
		require.Equal(t, 1, came[key].Count, "%v %d", signal, key)
	}
}

// imageConfig is the part of docker's description of an image that we promise.
type imageConfig struct {
	User         string
	ExposedPorts map[string]any
	Env          []string
	Entrypoint   []string
	Cmd          []string
	Labels       map[string]string
}

// The image says what it is, runs as nobody in particular, and holds its config
// and the CA bundle at their places.
func TestImageIsAsPromised(t *testing.T) {
	name, uid := setting(t, "E2E_IMAGE"), setting(t, "E2E_IMAGE_UID")
	var config imageConfig
	require.NoError(t, json.Unmarshal([]byte(docker(t, "inspect", "--format={{json .Config}}", name)), &config))

	require.Equal(t, uid+":"+uid, config.User)
	for _, port := range []string{"4317/tcp", "4318/tcp", "8888/tcp", "13133/tcp"} {
		require.Contains(t, config.ExposedPorts, port)
	}
	require.Equal(t, []string{"--config", "/etc/otelcol/config.yaml"}, config.Cmd)
	for _, label := range []string{"title", "description", "version", "revision", "created", "source", "licenses"} {
		require.NotEmpty(t, config.Labels["org.opencontainers.image."+label], label)
	}
}

// The image's own defaults, without the environment that the other tests set,
// are a valid config; the CA bundle is where TLS clients look for it.
func TestImageDefaults(t *testing.T) {
	name := setting(t, "E2E_IMAGE")
	docker(t, "run", "--rm", "--network=none", name, "validate", "--config=/etc/otelcol/config.yaml")
	stopped := container{id: docker(t, "create", name)}
	t.Cleanup(func() { docker(t, "rm", stopped.id) })
	for _, file := range []string{"/etc/ssl/certs/ca-certificates.crt", "/licenses/LICENSE"} {
		require.NotEmpty(t, docker(t, "cp", stopped.id+":"+file, "-"), file)
	}
}

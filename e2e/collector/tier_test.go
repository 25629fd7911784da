// Copyright The Correlation Processor Authors
// SPDX-License-Identifier: Apache-2.0

package collector

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/otelcol-correlation/correlationprocessor/e2e/harness"
	"github.com/otelcol-correlation/correlationprocessor/testkit/collector"
)

// partitions is how many each of the two topics has, as the example advises.
const partitions = 12

// settleTimeout bounds the wait for the gateways to share out the partitions: it
// is many times the session timeout of the test.
const settleTimeout = time.Minute

// drainTimeout bounds the wait for the last item to come out.
const drainTimeout = time.Minute

// The consumer groups of the published gateway, one for each signal.
const (
	spanReaders = "correlation-traces"
	logReaders  = "correlation-logs"
)

// agentWaits shortens the waits of the published agent.
const agentWaits = `yaml:{processors: {
  correlation: {logs: {join_wait: 500ms}},
  batch: {timeout: 100ms}}}`

// gatewayWaits shortens the waits of the published gateway, names a backend that
// has no TLS, and lets every item out with its verdict: the sinks cannot tell
// what became of an item that was dropped. A gateway that goes takes nothing along.
const gatewayWaits = `yaml:{
  receivers: {
    kafka/traces: {session_timeout: 6s, heartbeat_interval: 500ms},
    kafka/logs: {session_timeout: 6s, heartbeat_interval: 500ms}},
  processors: {
    correlation: {
      decision_wait: 3s, decision_wait_after_root: 3s,
      storage: {drain_on_shutdown: true},
      sampling: {sampling_percentage: 10, dry_run: true}}},
  exporters: {otlp_grpc: {tls: {insecure: true}}}}`

// tier is the two published Kubernetes examples at work: agents that write to a
// broker, and gateways that read from it, each with a sink of its own.
type tier struct {
	broker   *harness.Broker
	agents   []*rig
	gateways map[string]*rig // all that ever ran, by name
	running  []string        // the gateways that run now
}

// startTier starts so many agents and gateways, all at the same time, and waits
// until each partition has its gateway.
func startTier(t *testing.T, agents, gateways int) *tier {
	t.Helper()
	broker, err := harness.NewBroker(partitions, "otlp_spans", "otlp_logs")
	require.NoError(t, err)
	t.Cleanup(broker.Close)
	tier := &tier{broker: broker, gateways: map[string]*rig{}}
	var plans []plan
	for i := range gateways {
		plans = append(plans, tier.gateway(t, gatewayName(i)))
	}
	for range agents {
		plans = append(plans, tier.example(t, "kubernetes-agent", agentWaits, "STORAGE_DIR="+t.TempDir()))
	}
	rigs := startTogether(t, plans...)
	for i, gateway := range rigs[:gateways] {
		tier.add(gatewayName(i), gateway)
	}
	tier.agents = rigs[gateways:]
	tier.settle(t)
	return tier
}

// gatewayName is the name that a StatefulSet gives to a pod.
func gatewayName(i int) string {
	return fmt.Sprintf("otel-gateway-%d", i)
}

// gateway is how to start a gateway in a pod of that name.
func (e *tier) gateway(t *testing.T, name string) plan {
	t.Helper()
	return e.example(t, "kubernetes-gateway", gatewayWaits, "POD_NAME="+name, "STORAGE_DIR="+t.TempDir())
}

// example is how to start a published example.
func (e *tier) example(t *testing.T, name, waits string, env ...string) plan {
	t.Helper()
	path := examplesDir + "/" + name + "/config.yaml"
	return plan{
		configs: func(endpoints collector.Endpoints) []string {
			return []string{path, "yaml:" + moved(t, path, endpoints), waits}
		},
		env: append(env, "KAFKA_BROKER="+e.broker.Addr()),
	}
}

func (e *tier) addGateway(t *testing.T, name string) {
	t.Helper()
	e.add(name, startTogether(t, e.gateway(t, name))[0])
}

func (e *tier) add(name string, gateway *rig) {
	e.gateways[name] = gateway
	e.running = append(e.running, name)
}

// removeGateway tells a gateway to stop and does not wait for its end.
func (e *tier) removeGateway(t *testing.T, name string) {
	t.Helper()
	require.NoError(t, e.gateways[name].collector.Terminate())
	e.running = slices.DeleteFunc(e.running, func(running string) bool { return running == name })
}

// restartGateway stops a gateway and starts another one in a pod of its name.
func (e *tier) restartGateway(t *testing.T, name string) {
	t.Helper()
	e.removeGateway(t, name)
	require.NoError(t, e.gateways[name].collector.Wait(stopTimeout))
	e.add(name+", restarted", startTogether(t, e.gateway(t, name))[0])
}

// settle waits until as many members as there are gateways read all partitions of
// both topics, and checks that each number of both has a member of the same id.
func (e *tier) settle(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		return e.settled(spanReaders) && e.settled(logReaders)
	}, settleTimeout, 50*time.Millisecond, "the gateways have not shared out the partitions")
	readers, pairs := e.assignments(), 0
	for name, numbers := range readers[0] {
		for _, number := range numbers {
			pairs += boolToInt(slices.Contains(readers[1][name], number))
		}
	}
	t.Logf("%d gateways: of %d partition numbers, %d have the same reader for spans and logs",
		len(e.running), partitions, pairs)
	assert.Equal(t, partitions, pairs, "spans and logs %v", readers)
}

func (e *tier) settled(group string) bool {
	assignment := e.broker.Assignment(group)
	read := 0
	for _, numbers := range assignment {
		read += len(numbers)
	}
	return read == partitions && len(assignment) == len(e.running)
}

// change does something to the gateways and returns the time from before it until
// the gateways have shared out the partitions anew.
func (e *tier) change(t *testing.T, do func()) window {
	t.Helper()
	begun := time.Now()
	do()
	e.settle(t)
	change := window{begun, time.Now()}
	t.Logf("the change took %.1f s", change.to.Sub(change.from).Seconds())
	return change
}

// assignments says which partitions each gateway reads, for spans and for logs.
func (e *tier) assignments() [2]map[string][]int32 {
	return [2]map[string][]int32{e.broker.Assignment(spanReaders), e.broker.Assignment(logReaders)}
}

// drain waits until all that was sent has come out of some gateway.
func (e *tier) drain(t *testing.T, load *stream) {
	t.Helper()
	arrived := func() bool {
		seen := map[int64]bool{}
		for _, gateway := range e.gateways {
			for _, came := range arrivals(gateway.sink) {
				for key := range came {
					seen[key] = true
				}
			}
		}
		return len(seen) >= len(load.sent)
	}
	assert.Eventually(t, arrived, drainTimeout, 500*time.Millisecond, "some items have not come out")
}

// stop stops the agents, which empties them, and then the gateways. Those that
// were told to stop before must have ended well too.
func (e *tier) stop(t *testing.T) {
	t.Helper()
	for _, agent := range e.agents {
		agent.stop(t)
	}
	for name, gateway := range e.gateways {
		if slices.Contains(e.running, name) {
			gateway.stop(t)
		} else {
			require.NoError(t, gateway.collector.Wait(stopTimeout), name)
		}
	}
}

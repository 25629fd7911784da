#!/usr/bin/env bash
# Copyright The Correlation Processor Authors
# SPDX-License-Identifier: Apache-2.0

# test-oracle.sh [--entry SERVICES] [--ignore METRICS] -- COMMAND...
#
# Runs a command, such as a service's test suite, with OpenTelemetry's
# environment variables pointing to a collector that checks every trace, and
# then says which service broke what. Ends with the command's status if that
# failed, with 1 if a trace is broken, with 2 if nothing can be said.
#
# Needs the built collector and the oracle (`make test-oracle` builds both).
# Ports are OTLP_PORT (4318) and METRICS_PORT (8888).
set -euo pipefail
root=$(cd "$(dirname "$0")/.." && pwd)
collector=${COLLECTOR:-$root/build/otelcol-correlation/otelcol}
oracle=${ORACLE:-$root/build/oracle}
config=$root/examples/test-oracle/config.yaml

asked=()
while [ "$#" -gt 0 ] && [ "$1" != -- ]; do
  case $1 in
    --entry | --ignore) asked+=("-${1#--}" "$2") && shift 2 ;;
    *) echo "usage: test-oracle.sh [--entry SERVICES] [--ignore METRICS] -- COMMAND..." >&2 && exit 2 ;;
  esac
done
if [ "$#" -lt 2 ]; then echo "test-oracle.sh: no command after --" >&2 && exit 2; fi
shift

export METRICS_PORT=${METRICS_PORT:-8888}
otlp=127.0.0.1:${OTLP_PORT:-4318}
export HEALTH_ENDPOINT=${HEALTH_ENDPOINT:-127.0.0.1:13133}
log=$(mktemp)
OTLP_HTTP_ENDPOINT=$otlp OTLP_GRPC_ENDPOINT=${OTLP_GRPC_ENDPOINT:-127.0.0.1:4317} \
  "$collector" --config "$config" >"$log" 2>&1 &
pid=$!
trap 'kill "$pid" 2>/dev/null; wait "$pid" 2>/dev/null || true; rm -f "$log"' EXIT

# It is healthy once its receivers listen; its metrics are there a little earlier.
metrics=http://127.0.0.1:$METRICS_PORT/metrics
for _ in $(seq 100); do
  if curl -fsS -o /dev/null "http://$HEALTH_ENDPOINT/" 2>/dev/null; then break; fi
  if ! kill -0 "$pid" 2>/dev/null; then cat "$log" >&2 && exit 2; fi
  sleep 0.1
done

# What any SDK understands: where to send, all of it, and soon.
export OTEL_EXPORTER_OTLP_ENDPOINT=http://$otlp OTEL_EXPORTER_OTLP_PROTOCOL=http/protobuf
export OTEL_TRACES_SAMPLER=always_on OTEL_BSP_SCHEDULE_DELAY=200 OTEL_BLRP_SCHEDULE_DELAY=200
"$@"
"$oracle" -metrics "$metrics" "${asked[@]}"

#!/usr/bin/env bash
# Copyright The Correlation Processor Authors
# SPDX-License-Identifier: Apache-2.0

# fuzz.sh DURATION
#
# Runs every fuzz target of the root module for DURATION: `go test -fuzz` takes
# one target of one package at a time. Minimizing takes a minute an input unless
# told otherwise, and nothing else is tried meanwhile.
set -euo pipefail
duration=$1
cd "$(dirname "$0")/.."

# fuzz runs one target. When the time is over, `go test` sometimes reports its own
# deadline as the target's failure, without an input that fails. That is no finding.
fuzz() {
  local package=$1 target=$2 log
  log=$(mktemp)
  if ! go test -run '^$' -fuzz "^$target\$" -fuzztime "$duration" -fuzzminimizetime 1s "$package" 2>&1 | tee "$log"; then
    grep -qE '^ +context deadline exceeded$' "$log" && ! grep -qE 'Failing input written|panic:|\.go:[0-9]+:' "$log" || return 1
    echo "fuzz $target: the time was over"
  fi
  rm -f "$log"
}

targets=0
for package in $(go list ./...); do
  for target in $(go test -list '^Fuzz' "$package" | grep '^Fuzz' || true); do
    echo "fuzz $package $target"
    fuzz "$package" "$target"
    targets=$((targets + 1))
  done
done
if [ "$targets" = 0 ]; then
  echo "no fuzz target found" >&2
  exit 1
fi
echo "fuzzed $targets targets for $duration each"

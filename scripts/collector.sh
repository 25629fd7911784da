#!/usr/bin/env bash
# Copyright The Correlation Processor Authors
# SPDX-License-Identifier: Apache-2.0

# collector.sh generate OCB DIR     write the distribution's sources, resolve its modules
# collector.sh compile  DIR BINARY  compile them into DIR/BINARY
#
# Both say how far they are, for the first build takes minutes.
set -euo pipefail
cd "$(dirname "$0")/.."

generate() {
  local ocb=$1 dir=$2
  echo "collector: writing the sources and resolving the modules (about half a minute the first time)"
  mkdir -p "$dir"
  # ocb keeps a go.mod it finds, and with it what an older config asked for.
  rm -f "$dir"/go.mod "$dir"/go.sum
  "$ocb" --config builder-config.yaml --skip-compilation >"$dir/ocb.log" 2>&1 || {
    cat "$dir/ocb.log" >&2
    return 1
  }
}

# counted prints one line for every hundred packages the compiler names.
counted() {
  awk 'BEGIN { n = 0 }
    /^[a-z][-a-zA-Z0-9_.\/]*$/ { if (++n % 100 == 0) { print "collector: " n " packages compiled"; fflush() } next }
    { print; fflush() }'
}

compile() {
  local dir=$1 binary=$2 packages
  packages=$(go list -C "$dir" -deps . | wc -l)
  echo "collector: compiling up to $packages packages (about three minutes the first time)"
  go build -C "$dir" -v -buildvcs=false -ldflags='-s -w' -o "$binary" . 2>&1 | counted
  echo "collector: $dir/$binary is ready"
}

"$@"

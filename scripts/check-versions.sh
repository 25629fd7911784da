#!/usr/bin/env bash
# Copyright The Correlation Processor Authors
# SPDX-License-Identifier: Apache-2.0

# check-versions.sh MODULE...
#
# Fails on any Collector module, in the modules' go.mod files, in
# builder-config.yaml or in the built collector, that is not of the version set named in the Makefile.
# `go mod tidy` lifts a requirement that nobody wrote down to the newest
# release and takes the rest along; mixed sets fail to compile, or worse.
set -euo pipefail
: "${COLLECTOR_VERSION:?is set by the Makefile}" "${COLLECTOR_STABLE_VERSION:?}" "${MDATAGEN_VERSION:?}"
cd "$(dirname "$0")/.."

prefix='(go\.opentelemetry\.io/collector|github\.com/open-telemetry/opentelemetry-collector-contrib)(/[^ ]*)?'
bad=0

# others FILE ALLOWED: the Collector modules FILE names at a version that is not ALLOWED.
others() {
  local found
  found=$(grep -oE "$prefix v[0-9][^ ]*" "$1" | grep -vE " ($2)\$" || true)
  if [ -n "$found" ]; then
    printf '%s names Collector modules that are not %s:\n%s\n' "$1" "$2" "$found" >&2
    bad=1
  fi
}

# needs FILE MODULE VERSION: FILE requires MODULE at VERSION.
needs() {
  if ! grep -qE "$2 $3( |\$)" "$1"; then
    echo "$1 does not require $2 $3" >&2
    bad=1
  fi
}

set_of_ours="${COLLECTOR_VERSION//./\\.}|${COLLECTOR_STABLE_VERSION//./\\.}"
files=(builder-config.yaml "${@/%//go.mod}")
# ocb resolves the distribution's modules itself; see what came of it, if it was built.
if [ -e build/otelcol-correlation/go.mod ]; then files+=(build/otelcol-correlation/go.mod); fi
for file in "${files[@]}"; do others "$file" "$set_of_ours"; done

# The tools are programs of their own: only the two we name have to match.
needs internal/tools/go.mod go.opentelemetry.io/collector/cmd/builder "$COLLECTOR_VERSION"
needs internal/tools/go.mod go.opentelemetry.io/collector/cmd/mdatagen "$MDATAGEN_VERSION"

if [ "$bad" = 0 ]; then echo "collector modules: all $COLLECTOR_VERSION / $COLLECTOR_STABLE_VERSION"; fi
exit "$bad"

#!/usr/bin/env bash
# Copyright The Correlation Processor Authors
# SPDX-License-Identifier: Apache-2.0

# check-versions.sh MODULE...
#
# Fails on any Collector module, in the modules' go.mod files, in the
# builder-config.yaml files or in the built collectors, that is not of the
# versions named in the Makefile: one set for all, and one for bench/peers.
# `go mod tidy` lifts a requirement that nobody wrote down to the newest
# release and takes the rest along; mixed sets fail to compile, or worse.
set -euo pipefail
: "${COLLECTOR_VERSION:?is set by the Makefile}" "${COLLECTOR_STABLE_VERSION:?}" "${MDATAGEN_VERSION:?}"
: "${CONTRIB_VERSION:?}" "${OTTL_VERSION:?}" "${PEERS_VERSION:?}" "${PEERS_STABLE_VERSION:?}"
cd "$(dirname "$0")/.."

core=go.opentelemetry.io/collector
contrib=github.com/open-telemetry/opentelemetry-collector-contrib
bad=0

# held FILE UNSTABLE STABLE CONTRIB OTTL: FILE names core's modules at UNSTABLE or
# STABLE, contrib's at CONTRIB, and contrib's pkg/ottl at OTTL.
held() {
  local found
  found=$( (grep -oE "($core|$contrib)(/[^ ]*)? v[0-9][^ ]*" "$1" || true) | awk -v core="$core" -v contrib="$contrib" \
    -v unstable="$2" -v stable="$3" -v others="$4" -v ottl="$5" '
      $1 == contrib "/pkg/ottl" { if ($2 != ottl) print; next }
      index($1, contrib) == 1 { if ($2 != others) print; next }
      $2 != unstable && $2 != stable')
  if [ -n "$found" ]; then
    printf '%s names Collector modules that are not %s / %s, contrib %s, OTTL %s:\n%s\n' "$@" "$found" >&2
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

# ocb resolves the modules of a collector itself; see what came of it, if it was built.
ours=("$COLLECTOR_VERSION" "$COLLECTOR_STABLE_VERSION" "$CONTRIB_VERSION" "$OTTL_VERSION")
peers=("$PEERS_VERSION" "$PEERS_STABLE_VERSION" "$PEERS_VERSION" "$PEERS_VERSION")
for file in builder-config.yaml bench/builder-config.yaml bench/peers/builder-config.yaml "${@/%//go.mod}" build/otelcol-*/go.mod; do
  case $file in
    build/*) [ -e "$file" ] || continue ;;&
    bench/peers/* | build/otelcol-bench-peers/*) held "$file" "${peers[@]}" ;;
    *) held "$file" "${ours[@]}" ;;
  esac
done

# The tools are programs of their own: only those we name have to match.
needs internal/tools/go.mod $core/cmd/builder "$COLLECTOR_VERSION"
needs internal/tools/go.mod $core/cmd/mdatagen "$MDATAGEN_VERSION"
needs bench/peers/go.mod $core/cmd/builder "$PEERS_VERSION"

if [ "$bad" = 0 ]; then
  echo "collector modules: all $COLLECTOR_VERSION / $COLLECTOR_STABLE_VERSION, the peers' $PEERS_VERSION / $PEERS_STABLE_VERSION"
fi
exit "$bad"

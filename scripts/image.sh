#!/usr/bin/env bash
# Copyright The Correlation Processor Authors
# SPDX-License-Identifier: Apache-2.0

# image.sh NAME COLLECTOR UID
#
# Builds the container image NAME around the binary COLLECTOR. The files go
# through build/image with their final modes, because the classic builder
# knows no COPY --chmod.
set -euo pipefail
name=$1 collector=$2 uid=$3
cd "$(dirname "$0")/.."

command -v docker >/dev/null || { echo "docker is not installed: the image cannot be built" >&2; exit 1; }

# The CA bundle of this machine; TLS exporters find it in the image at the same place.
ca_bundle=${CA_BUNDLE:-/etc/ssl/certs/ca-certificates.crt}
[ -s "$ca_bundle" ] || { echo "no CA bundle at $ca_bundle: install ca-certificates, or set CA_BUNDLE" >&2; exit 1; }

stage=build/image
rm -rf "$stage"
install -D -m 0755 "$collector" "$stage/otelcol"
install -D -m 0644 "$ca_bundle" "$stage/ca-certificates.crt"
install -D -m 0644 examples/quickstart/config.yaml "$stage/config.yaml"
install -D -m 0644 LICENSE "$stage/LICENSE"

docker build --quiet --tag "$name" \
  --build-arg USER_UID="$uid" \
  --build-arg USER_GID="$uid" \
  --build-arg VERSION="${name##*:}" \
  --build-arg REVISION="$(git rev-parse HEAD)" \
  --build-arg CREATED="$(git log -1 --format=%cI)" \
  .
echo "image $name is ready"

#!/usr/bin/env bash
# Copyright The Correlation Processor Authors
# SPDX-License-Identifier: Apache-2.0

# prometheus.sh VERSION BINARY
#
# Builds the Prometheus server of a version of its Go module, with the dependencies
# that its own go.mod pins. It is built without the service discoveries of clouds and
# orchestrators, most of what there would be to compile; files and lists of targets stay.
set -euo pipefail
version=$1 binary=$(realpath -m "$2")

cd "$(mktemp -d)"
trap 'rm -rf "$PWD"' EXIT
module=$(go mod download -json "github.com/prometheus/prometheus@$version" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
cp -r --no-preserve=mode "$module"/. .
rm -f plugins/plugins.go plugins/plugin_*.go # of v2 and v3; minimum.go stays
GOWORK=off go build -o "$binary" ./cmd/prometheus

#!/usr/bin/env bash
# Copyright The Correlation Processor Authors
# SPDX-License-Identifier: Apache-2.0

# generate.sh write|check MDATAGEN
#
# mdatagen names the package of the generated root tests after the folder it
# runs in, and a checkout may be called anything. So it runs in a copy called
# as the package is. `write` brings the result back, `check` only compares.
set -euo pipefail
mode=$1 mdatagen=$(realpath "$2")
cd "$(dirname "$0")/.."

# What mdatagen writes, and nothing else; README.md holds its status block.
generated() {
  (cd "$1" && find . -maxdepth 1 \( -name 'generated_*.go' -o -name documentation.md -o -name README.md \) -printf '%P\n' &&
    find internal/metadata internal/metadatatest -name 'generated_*.go') 2>/dev/null | sort
}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
copy=$scratch/correlationprocessor
mkdir "$copy"
cp go.mod go.sum metadata.yaml README.md ./*.go "$copy"
rm -f "$copy"/generated_*.go
(cd "$copy" && "$mdatagen" metadata.yaml)

stale=0
for file in $( (generated . && generated "$copy") | sort -u); do
  cmp -s "$file" "$copy/$file" && continue
  stale=1
  if [ "$mode" = check ]; then
    diff -u "$file" "$copy/$file" || true
  elif [ -e "$copy/$file" ]; then
    mkdir -p "$(dirname "$file")" && cp "$copy/$file" "$file" && echo "wrote $file"
  else
    rm "$file" && echo "removed $file"
  fi
done
if [ "$mode" = check ] && [ "$stale" = 1 ]; then
  echo "generated files are stale: run make generate" >&2
  exit 1
fi

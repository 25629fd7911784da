#!/usr/bin/env bash
# Copyright The Correlation Processor Authors
# SPDX-License-Identifier: Apache-2.0

# test-oracle-check.sh write|check SHOP
#
# Runs the shop with each of its faults against the oracle and compares what is
# said of it, figures left out, with testdata/sdktraces/FAULT/diagnosis.txt.
set -euo pipefail
mode=$1 shop=$(realpath "$2")
cd "$(dirname "$0")/.."
bad=0
for folder in testdata/sdktraces/*/; do
  fault=$(basename "$folder")
  status=0
  said=$(scripts/test-oracle.sh --entry front -- "$shop" -fault "$fault") || status=$?
  said=$(sed -E 's/\b[0-9]+([.][0-9]+)?\b/N/g' <<<"$said"; echo "status $status")
  if [ "$mode" = write ]; then
    echo "$said" >"$folder/diagnosis.txt"
  elif ! diff -u "$folder/diagnosis.txt" <(echo "$said"); then
    bad=1
  fi
done
if [ "$bad" = 0 ]; then echo "test-oracle: every fault is told for what it is"; fi
exit "$bad"

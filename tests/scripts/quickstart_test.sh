#!/usr/bin/env bash
# The quickstart must give the photograph back: its PSNR is above 35 dB, so `eval` told to fail
# above that exits with 1.
set -euo pipefail
cd "$(dirname "$0")/../.."

scripts/quickstart.sh
status=0
"$1/tools/palimpsest" eval build/quickstart --truth examples/quickstart/truth.png \
  --fail-if-psnr-above 35 || status=$?
[[ $status -eq 1 ]]

#!/usr/bin/env bash
# Measures the command beside PyTorch and writes docs/results.md's figures. Nothing here is part of the product.
#   scripts/results.sh [EXPERIMENT...]   run (default: all; hours on two cores), write bench/results/*.json, then:
#   scripts/results.sh labels            label rules on the models of scripts/models.sh, then the tables
#   scripts/results.sh tables            write docs/results.md's tables again from bench/results/*.json
# PALIMPSEST_ORACLE_VENV names a virtual environment with PyTorch to use instead of build/oracle-venv;
# PALIMPSEST_COMMAND the executable instead of build/release/tools/palimpsest.
set -euo pipefail
cd "$(dirname "$0")/.."

venv="${PALIMPSEST_ORACLE_VENV:-build/oracle-venv}"
command="${PALIMPSEST_COMMAND:-build/release/tools/palimpsest}"
export OMP_NUM_THREADS=1

if [[ "${1:-}" == labels ]]; then
  [[ -x "$command" ]] || scripts/build.sh release palimpsest
  [[ -e build/models/models.json ]] || scripts/models.sh make
  python3 bench/results/labels.py "$command" build/models
elif [[ "${1:-}" != tables ]]; then
  scripts/oracles.sh environment
  [[ -x "$command" ]] || scripts/build.sh release palimpsest
  "$venv/bin/python" bench/results/measure.py "$command" "$@"
fi
python3 bench/results/tables.py

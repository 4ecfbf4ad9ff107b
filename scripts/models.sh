#!/usr/bin/env bash
# Trains models to attack, and decoders to attack with, on one thread. Nothing here is part of the product.
#   scripts/models.sh make [DATA...]   train (default: digits, patches-32, patches; half an hour) into build/models,
#                                      and write bench/results/models.json and the tables of docs/models.md
#   scripts/models.sh check            hold build/models against the command: inspect, simulate, run
#   scripts/models.sh examples         copy the small ones from build/models to examples/digits and examples/patches
# PALIMPSEST_ORACLE_VENV names a virtual environment with PyTorch to use instead of build/oracle-venv;
# PALIMPSEST_COMMAND the executable instead of build/release/tools/palimpsest.
set -euo pipefail
cd "$(dirname "$0")/.."

venv="${PALIMPSEST_ORACLE_VENV:-build/oracle-venv}"
command="${PALIMPSEST_COMMAND:-build/release/tools/palimpsest}"
export OMP_NUM_THREADS=1

verb="${1:-}"
shift || true
case "$verb" in
  make)
    scripts/oracles.sh environment
    "$venv/bin/python" bench/models/make.py build/models "$@"
    python3 bench/models/tables.py
    ;;
  check)
    scripts/oracles.sh environment
    [[ -x "$command" ]] || scripts/build.sh release palimpsest
    "$venv/bin/python" bench/models/check.py "$command" build/models
    ;;
  examples)
    python3 bench/models/examples.py build/models examples
    ;;
  *)
    sed -n '2,8s/^# \{0,1\}//p' scripts/models.sh
    exit 2
    ;;
esac

#!/usr/bin/env bash
# Times one matching iteration beside PyTorch and JAX and writes docs/performance.md's figures. Nothing here is part of
# the product.
#   scripts/bench.sh [PROBLEM...] [--quick]   run (default: all problems; about two hours on two cores), write
#                                             bench/results/iteration.json, then:
#   scripts/bench.sh tables                   write docs/performance.md's table again from that file
# More options: bench/iteration/measure.py --help. PALIMPSEST_ORACLE_VENV names a virtual environment with PyTorch and
# JAX to use instead of build/oracle-venv; PALIMPSEST_COMMAND the executable instead of build/release/tools/palimpsest.
set -euo pipefail
cd "$(dirname "$0")/.."

venv="${PALIMPSEST_ORACLE_VENV:-build/oracle-venv}"
command="${PALIMPSEST_COMMAND:-build/release/tools/palimpsest}"

if [[ "${1:-}" != tables ]]; then
  scripts/oracles.sh environment
  "$venv/bin/python" -c 'import jax' 2>/dev/null || "$venv/bin/pip" install --quiet --requirement bench/requirements.txt
  [[ -x "$command" ]] || scripts/build.sh release palimpsest
  "$venv/bin/python" bench/iteration/measure.py "$command" "$@"
fi
python3 bench/iteration/tables.py

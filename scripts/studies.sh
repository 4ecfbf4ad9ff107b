#!/usr/bin/env bash
# The attacks of the two papers on trained models: what docs/results.md shows of them. Nothing here is part of the product.
#   scripts/studies.sh                      all parts (an hour on two cores), then the tables
#   scripts/studies.sh gradinversion PART…  ablation, comparison, batches
#   scripts/studies.sh ggl PART…            defences, optimizers
#   scripts/studies.sh tables               write docs/results.md's tables again
# PALIMPSEST_ORACLE_VENV names a virtual environment with PyTorch for training the models, where they are missing;
# PALIMPSEST_COMMAND the executable instead of build/release/tools/palimpsest.
set -euo pipefail
cd "$(dirname "$0")/.."
command="${PALIMPSEST_COMMAND:-build/release/tools/palimpsest}"

if [[ "${1:-}" != tables ]]; then
  [[ -x "$command" ]] || scripts/build.sh release palimpsest
  [[ -e build/models/models.json ]] || scripts/models.sh make
fi
case "${1:-all}" in
  all)
    python3 bench/studies/gradinversion.py "$command"
    python3 bench/studies/ggl.py "$command"
    ;;
  gradinversion | ggl)
    python3 "bench/studies/$1.py" "$command" "${@:2}"
    ;;
  tables) ;;
  *)
    sed -n '2,8s/^# \{0,1\}//p' scripts/studies.sh
    exit 2
    ;;
esac
python3 bench/studies/tables.py

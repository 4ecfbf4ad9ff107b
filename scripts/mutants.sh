#!/usr/bin/env bash
# Plants each wrong derivative of tests/mutants/mutants.txt in a copy of the tree and expects the
# proof (tests/autodiff) to fail. Takes some ten minutes; not part of scripts/test.sh.
#   scripts/mutants.sh [scratch folder]      default: build/mutants
set -euo pipefail
cd "$(dirname "$0")/.."
python3 tests/mutants/plant.py "${1:-build/mutants}"

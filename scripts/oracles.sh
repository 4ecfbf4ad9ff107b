#!/usr/bin/env bash
# Compares the engine with PyTorch, and makes the files that tests compare with. Nothing here is part of the product.
#   scripts/oracles.sh compare [MODEL...]   committed goldens against the built engine (no PyTorch needed)
#   scripts/oracles.sh full [MODEL...]      full-width models: export, evaluate in PyTorch, compare
#   scripts/oracles.sh goldens [MODEL...]   write tests/golden again
#   scripts/oracles.sh optimizers           write tests/golden/optimizers again
#   scripts/oracles.sh untrained [MODEL...] freshly initialised full-width models, to attack, into build/untrained
#   scripts/oracles.sh data                 write examples/photos and examples/quickstart again
#   scripts/oracles.sh environment          make the virtual environment, nothing else
#   scripts/oracles.sh attack ...           tests/oracles/attacks_torch.py
#   scripts/oracles.sh update ...           tests/oracles/make_update.py
# PALIMPSEST_ORACLE_VENV names a virtual environment to use instead of build/oracle-venv;
# PALIMPSEST_ORACLE_COMPARE the comparing executable instead of build/release/tests/oracle_compare.
set -euo pipefail
cd "$(dirname "$0")/.."

venv="${PALIMPSEST_ORACLE_VENV:-build/oracle-venv}"
compare="${PALIMPSEST_ORACLE_COMPARE:-build/release/tests/oracle_compare}"

# Creates the virtual environment unless it is there; one that was left half made is finished.
need_pytorch() {
  "$venv/bin/python" -c 'import torch, torchvision, onnx, onnxscript, scipy, skimage, sklearn, cma, botorch' 2>/dev/null && return
  python3 -m venv "$venv"
  "$venv/bin/pip" install --quiet --requirement tests/oracles/requirements.txt
}

python() {
  "$venv/bin/python" "$@"
}

need_engine() {
  [[ -x "$compare" ]] && return
  echo "$compare is missing: scripts/build.sh release oracle_compare" >&2
  exit 2
}

command="${1:-}"
shift || true
case "$command" in
  compare)
    need_engine
    python3 tests/oracles/compare.py "$compare" tests/golden "$@"
    ;;
  full)
    need_engine
    need_pytorch
    python tests/oracles/generate.py --full build/oracles ${1:+--models "$@"}
    python tests/oracles/compare.py "$compare" build/oracles "$@"
    ;;
  goldens)
    need_pytorch
    python tests/oracles/generate.py tests/golden ${1:+--models "$@"}
    python tests/oracles/generate_fedavg.py tests/golden/fedavg
    ;;
  optimizers)
    need_pytorch
    python tests/oracles/generate_cma_es.py tests/golden/optimizers/cma_es.json
    python tests/oracles/generate_gaussian_process.py tests/golden/optimizers/gaussian_process.npz
    python tests/oracles/generate_turbo.py tests/golden/optimizers/turbo.json
    ;;
  untrained)
    need_pytorch
    python tests/oracles/generate.py --full --untrained build/untrained ${1:+--models "$@"}
    ;;
  data)
    need_pytorch
    python tests/oracles/make_photos.py examples/photos
    python tests/oracles/make_quickstart.py examples/photos/cat.png examples/quickstart
    ;;
  environment)
    need_pytorch
    ;;
  attack)
    need_pytorch
    python tests/oracles/attacks_torch.py "$@"
    ;;
  update)
    need_pytorch
    python tests/oracles/make_update.py "$@"
    ;;
  *)
    sed -n '2,13s/^# \{0,1\}//p' scripts/oracles.sh
    exit 2
    ;;
esac

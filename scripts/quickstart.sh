#!/usr/bin/env bash
# Installs what is missing on Debian 12, builds, and reads one image back from its gradient:
# the bundled LeNet, an update made by PyTorch, and the photograph it was made from.
set -euo pipefail
cd "$(dirname "$0")/.."

scripts/install_dependencies.sh build
scripts/build.sh release palimpsest

example=examples/quickstart
out=build/quickstart
build/release/tools/palimpsest invert "$example/lenet.onnx" --update "$example/update.npz" \
  --recipe dlg --restarts 3 --seed 10 --truth "$example/truth.png" --out "$out" --overwrite

echo
echo "Look at $out/grid.png: the truth, the reconstruction, and their difference."

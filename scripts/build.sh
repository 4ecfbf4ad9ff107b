#!/usr/bin/env bash
# Configures and builds one preset:  scripts/build.sh [preset] [target...]
set -euo pipefail
cd "$(dirname "$0")/.."

preset="${1:-release}"
shift || true
targets=()
for target in "$@"; do targets+=(--target "$target"); done
launcher=()
if command -v ccache >/dev/null; then launcher=(-DCMAKE_CXX_COMPILER_LAUNCHER=ccache); fi

cmake --preset "$preset" "${launcher[@]}" >/dev/null
cmake --build --preset "$preset" "${targets[@]}"

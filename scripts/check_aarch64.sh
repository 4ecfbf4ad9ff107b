#!/usr/bin/env bash
# Cross-compiles the vectorised loops for AArch64 and fails, naming the file, where the compiler made no NEON arithmetic
# of one. Nothing is run: there is no such processor here.
set -euo pipefail
cd "$(dirname "$0")/.."

object=$(mktemp --suffix=.o)
trap 'rm -f "$object"' EXIT
neon_arithmetic='\s(fadd|fmul|fmla)\s+v[0-9]+\.(4s|2d)'

for source in ops/pointwise/cpu_loops.cpp ops/reduce/cpu_reducers.cpp ops/linalg/cpu_tile.cpp ops/conv/cpu_*_loops.cpp; do
  # Debian's headers of the libraries used do not depend on the processor.
  aarch64-linux-gnu-g++ -std=c++20 -O3 -fno-math-errno -fno-trapping-math -ffp-contract=off -fopenmp -I. -idirafter /usr/include \
    -c "$source" -o "$object"
  if ! grep -qE "$neon_arithmetic" <<<"$(aarch64-linux-gnu-objdump --disassemble "$object")"; then
    echo "$source: no NEON arithmetic in its loops" >&2
    exit 1
  fi
done

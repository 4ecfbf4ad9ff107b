#!/usr/bin/env bash
# Compiles every source of the release build with clang++ for its warnings alone.
set -euo pipefail
cd "$(dirname "$0")/.."
python3 tools/compile_commands.py build/release clang++ -fsyntax-only -Werror

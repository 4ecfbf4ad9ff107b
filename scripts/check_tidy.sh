#!/usr/bin/env bash
# Runs clang-tidy (configuration in .clang-tidy) on every source of the product.
set -euo pipefail
cd "$(dirname "$0")/.."
python3 tools/compile_commands.py build/release clang-tidy

#!/usr/bin/env bash
# Fails, naming the files, when clang-format would change any source.
set -euo pipefail
cd "$(dirname "$0")/.."
git ls-files '*.h' '*.cpp' '*.cu' | xargs clang-format --dry-run -Werror

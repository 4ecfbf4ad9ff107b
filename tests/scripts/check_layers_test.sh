#!/usr/bin/env bash
# The structure check reports each kind of violation in a made-up tree, and nothing in a clean one.
set -euo pipefail
cd "$(dirname "$0")/../.."

tree=$(mktemp -d)
trap 'rm -rf "$tree"' EXIT
git init -q "$tree"
mkdir "$tree/graph" "$tree/ops" "$tree/passes"

# Prints a function of so many lines: a signature of two, a body, a brace.
function_of() {
  printf '%s\n' "void f(int a," "       int b) {"
  yes "  g();" | head -n $(($1 - 3)) || true
  echo "}"
}

# Fails unless the check finds violations and one of its lines is the given one.
expect() {
  if python3 tools/check_layers.py "$tree" >"$tree/found"; then
    echo "no violation found; expected: $1"
    exit 1
  fi
  grep -qxF "$1" "$tree/found" || {
    echo "expected: $1; found:"
    cat "$tree/found"
    exit 1
  }
}

echo '#include "graph/value.h"' >"$tree/ops/op.h"
{ yes '// line' || true; } | head -n 400 >"$tree/graph/long.cpp"
function_of 60 >"$tree/graph/function.cpp"
python3 tools/check_layers.py "$tree"

echo '#include "passes/pass.h"' >"$tree/ops/op.cpp"
expect "ops/op.cpp:1: ops may not include passes/pass.h"

echo '#include "ops/op.h"' >"$tree/passes/pass.cpp"
expect "cycle between folders ops and passes"

echo '// one more' >>"$tree/graph/long.cpp"
expect "graph/long.cpp: 401 lines (at most 400)"

function_of 61 >"$tree/graph/function.cpp"
expect "graph/function.cpp:1: function of 61 lines (at most 60)"

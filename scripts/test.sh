#!/usr/bin/env bash
# Installs what is missing, builds, and runs every test of the project. The last line is
# "N passed, N failed, N skipped"; the exit code is 0 only when nothing failed.
set -uo pipefail
cd "$(dirname "$0")/.."

passed=0 failed=0 skipped=0

# Runs a check that counts as one test and shows its output only when it fails.
check() {
  local name="$1" log
  shift
  log=$(mktemp)
  if "$@" >"$log" 2>&1; then
    passed=$((passed + 1))
    echo "ok      $name"
  else
    failed=$((failed + 1))
    echo "FAILED  $name"
    cat "$log"
  fi
  rm -f "$log"
}

# Runs a doctest executable and adds up its test cases. A test that cannot run on this
# machine prints "SKIPPED: <reason>" and is counted as skipped instead of passed.
suite() {
  local name="$1" log summary good bad skips
  shift
  log=$(mktemp)
  "$@" >"$log" 2>&1
  local status=$?
  summary=$(grep -a '^\[doctest\] test cases:' "$log" | tail -1)
  good=$(sed -n 's/.*| *\([0-9][0-9]*\) *passed.*/\1/p' <<<"$summary")
  bad=$(sed -n 's/.*| *\([0-9][0-9]*\) *failed.*/\1/p' <<<"$summary")
  skips=$(grep -ac '^SKIPPED: ' "$log")
  if [[ -z "$good" || -z "$bad" || ($status -ne 0 && $bad -eq 0) ]]; then
    good=0 bad=1 skips=0
  fi
  grep -a '^SKIPPED: ' "$log" | sort | uniq
  if [[ $bad -gt 0 ]]; then
    echo "FAILED  $name ($bad failed, exit $status)"
    tail -n 200 "$log"
  else
    echo "ok      $name ($((good - skips)) test cases)"
  fi
  passed=$((passed + good - skips))
  failed=$((failed + bad))
  skipped=$((skipped + skips))
  rm -f "$log"
}

scripts/install_dependencies.sh test || exit 1
scripts/build.sh release || {
  echo "0 passed, 1 failed, 0 skipped"
  exit 1
}

check "layers, file sizes and function sizes" python3 tools/check_layers.py
check "format" scripts/check_format.sh
suite "tests" build/release/tests/palimpsest_tests
check "the library beside ONNX's own classes in one process" \
  ctest --test-dir build/release -R '^onnx_coexistence$' --no-tests=error
for script in tests/scripts/*.sh; do
  [[ -e "$script" ]] && check "$(basename "$script" .sh)" bash "$script" build/release
done
check "vector loops for AArch64" scripts/check_aarch64.sh
check "clang++ finds nothing to warn about" scripts/check_clang.sh
check "clang-tidy" scripts/check_tidy.sh

echo "$passed passed, $failed failed, $skipped skipped"
[[ $failed -eq 0 ]]

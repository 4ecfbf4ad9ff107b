#!/usr/bin/env bash
# An attack that is interrupted and resumed ends with the same bytes as one that is not; two runs
# do not share a folder. Called with the build folder.
set -uo pipefail
palimpsest="$(realpath "$1")/tools/palimpsest"
cd "$(dirname "$0")/../../examples/quickstart"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export XDG_CACHE_HOME="$work/cache"
wrong=0

say() {
  echo "$*"
  wrong=1
}

# wait_for_steps FOLDER: until the run in it has logged a step, so that a signal meets the loop.
wait_for_steps() {
  for _ in {1..600}; do
    [[ -s "$1/progress.jsonl" ]] && return
    sleep 0.1
  done
  say "$1: no step in a minute"
}

# check NAME OPTIONS...: the attack in one go, and with a signal in its middle.
check() {
  local name="$1" pid
  shift
  local attack=("$palimpsest" invert lenet.onnx --update update.npz --progress none --threads 1 "$@")
  "${attack[@]}" --seed 10 --out "$work/$name-whole" >/dev/null || say "$name: exit code $?"

  "${attack[@]}" --seed 10 --out "$work/$name" >/dev/null 2>&1 &
  pid=$!
  wait_for_steps "$work/$name"
  "${attack[@]}" --seed 10 --out "$work/$name" --overwrite >/dev/null 2>&1
  [[ $? -eq 5 ]] || say "$name: a second run in the folder must be refused"
  kill -INT $pid
  wait $pid
  [[ $? -eq 130 ]] || say "$name: an interrupted run must exit with 130"
  grep -q '"status": "interrupted"' "$work/$name/result.json" || say "$name: no word of the signal"
  [[ -s "$work/$name/recon.npz" ]] || say "$name: the best so far was not kept"

  "${attack[@]}" --seed 11 --out "$work/$name" --resume >/dev/null 2>"$work/error"
  [[ $? -eq 3 ]] || say "$name: resuming with another seed must be refused"
  grep -q "'seed = 11' expected, 'seed = 10' came" "$work/error" || say "$name: no field named"

  # The seed comes from the run folder, and so do the kernels.
  rm -rf "$XDG_CACHE_HOME"
  "${attack[@]}" --out "$work/$name" --resume >/dev/null 2>&1 || say "$name: resume: exit code $?"
  cmp "$work/$name-whole/recon.npz" "$work/$name/recon.npz" || say "$name: other bytes"
  grep -q '"status": "finished"' "$work/$name/result.json" || say "$name: not finished"
}

check adam --iterations 9000
# Kernels that no measurement would choose: a run that measured anew would give other bytes.
"$palimpsest" bench lenet.onnx --update update.npz --threads 1 --iterations 1 --profile 0 \
  --kernels tuned >/dev/null 2>&1 || say "bench with tuned kernels: exit code $?"
sed -i 's/"dnnl:[a-z_]*"/"own:gemm"/' "$XDG_CACHE_HOME"/palimpsest/kernels-*.json
check tuned --kernels tuned --iterations 2000
grep -q '"own:gemm"' "$work/tuned/kernels.json" || say "tuned: the run folder has no choices"
check lbfgs --recipe dlg --iterations 100 --restarts 2 --set search.target=0
exit $wrong

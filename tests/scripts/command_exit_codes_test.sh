#!/usr/bin/env bash
# The command's exit codes and output: one JSON envelope on standard output, one error line on
# standard error. Called with the build folder.
set -uo pipefail
palimpsest="$(realpath "$1")/tools/palimpsest"
cd "$(dirname "$0")/../../examples/quickstart"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
wrong=0

# expect CODE WORDS...: the exit code, as text and as JSON, and where the words go.
expect() {
  local code="$1" came
  shift
  "$palimpsest" "$@" >"$work/out" 2>"$work/err"
  came=$?
  if [[ $came -ne $code ]]; then
    echo "$*: exit code $code expected, $came came: $(cat "$work/err")"
    wrong=1
  fi
  if [[ $code -gt 1 && $(grep -c '^error: ' "$work/err") -ne 1 ]]; then
    echo "$*: one error line expected, these came: $(cat "$work/err")"
    wrong=1
  fi
  "$palimpsest" "$@" --json >"$work/out" 2>/dev/null
  if ! python3 -c "import json, sys; sys.exit(json.load(open(sys.argv[1]))['exit_code'] != int(sys.argv[2]))" \
    "$work/out" "$code"; then
    echo "$* --json: one envelope with exit code $code expected, this came: $(head -c 300 "$work/out")"
    wrong=1
  fi
}

head -c 4000 update.npz >"$work/truncated.npz"
mkdir -p "$work/full" && touch "$work/full/file"
# First candidates of 1e30: their squares are no finite f32 numbers.
python3 -c '
import struct, sys
header = b"{\x27descr\x27: \x27<f4\x27, \x27fortran_order\x27: False, \x27shape\x27: (1, 3, 32, 32), }"
header = header.ljust(117) + b"\n"
sys.stdout.buffer.write(b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header)
sys.stdout.buffer.write(struct.pack("<3072f", *[1e30] * 3072))' >"$work/huge.npy"
attack=(invert lenet.onnx --update update.npz --progress none --seed 1 --iterations 3)

expect 0 inspect lenet.onnx
expect 0 map lenet.onnx --update update.npz
expect 0 labels lenet.onnx --update update.npz --truth 3
expect 0 recipes list
expect 0 recipes show dlg
expect 0 doctor
expect 0 "${attack[@]}" --dry-run
expect 0 "${attack[@]}" --out "$work/run" --overwrite --truth truth.png
expect 0 eval "$work/run" --truth truth.png
expect 1 eval "$work/run" --truth truth.png --fail-if-psnr-above 0
expect 0 report "$work/run" --out "$work/report.html"

expect 0 simulate lenet.onnx --images truth.png --labels 3 --out "$work/defended.npz" \
  --defense dp-sgd:1:0.5,quantize:8,secure-aggregation,clip:4 --other-images truth.png --other-labels 5
expect 3 map lenet.onnx --update "$work/defended.npz"
expect 0 closed-form lenet.onnx

expect 2
expect 2 inspekt lenet.onnx
expect 2 inspect
expect 2 inspect lenet.onnx --no-such-option
expect 2 inspect lenet.onnx --shape x
expect 2 recipes show no-such-recipe
expect 2 labels lenet.onnx --update update.npz --rule no-such-rule
expect 2 "${attack[@]}"
expect 2 "${attack[@]}" --out "$work/new" --set search.rat=1
expect 2 "${attack[@]}" --out "$work/new" --max-memory much
expect 2 "${attack[@]}" --out "$work/new" --checkpoint-every soon
expect 2 report
expect 2 audit lenet.onnx --images truth.png --labels 3 --attacks no-such-recipe --out "$work/new"
expect 2 simulate lenet.onnx --images truth.png --labels 3 --out "$work/update.txt"
expect 2 simulate lenet.onnx --images truth.png --labels 3,1 --out "$work/update.npz"
expect 2 simulate lenet.onnx --images truth.png --labels 3 --out "$work/u.npz" --defense clip
expect 2 simulate lenet.onnx --images truth.png --labels 3 --out "$work/u.npz" --defense secure-aggregation
expect 2 simulate lenet.onnx --images truth.png --labels 3 --out "$work/u.npz" --other-images truth.png
expect 2 closed-form lenet.onnx --update update.npz

expect 3 inspect truth.png
expect 3 map lenet.onnx --update "$work/truncated.npz"
expect 3 map lenet.onnx --update truth.png
expect 3 run lenet.onnx
expect 3 "${attack[@]}" --out "$work/new" --labels 10
expect 3 simulate lenet.onnx --images truth.png --labels 10 --out "$work/update.npz"
expect 3 simulate lenet.onnx --images truth.png --labels 3 --mean 0.5 --std 0.25 --out "$work/update.npz"
expect 3 simulate lenet.onnx --images truth.png --labels 3 --out "$work/u.npz" --defense clip:1,dp-sgd:1:1

expect 4 closed-form lenet.onnx --update update.npz --out "$work/closed" --form first-layer
unsupported=/usr/share/libonnx-testdata/data/node/test_unique_sorted_without_axis/model.onnx
if [[ -e $unsupported ]]; then
  expect 4 inspect "$unsupported"
fi

expect 5 inspect no-such-model.onnx
expect 5 "${attack[@]}" --out "$work/full"
expect 5 report "$work/full" --out "$work/report.html"
expect 5 report "$work/run" --out "$work/no-such-folder/report.html"
expect 5 "${attack[@]}" --out "$work/new" --resume

expect 6 "${attack[@]}" --out "$work/huge" --overwrite --start "$work/huge.npy" \
  --set objective.image_norm=1e30

expect 7 "${attack[@]}" --out "$work/new" --max-memory 1K

if [[ -e "$work/new" ]]; then
  echo "a refused attack left a folder"
  wrong=1
fi
"$palimpsest" inspect lenet.onnx >/dev/full 2>"$work/err"
if [[ $? -ne 5 ]]; then
  echo "a full standard output must be an error"
  wrong=1
fi
exit $wrong

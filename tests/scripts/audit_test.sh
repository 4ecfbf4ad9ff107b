#!/usr/bin/env bash
# An audit that is interrupted and resumed ends with the same audit.json as one that is not;
# thresholds decide the exit code; only the same audit goes on. Called with the build folder.
set -uo pipefail
palimpsest="$(realpath "$1")/tools/palimpsest"
cd "$(dirname "$0")/../../examples/quickstart"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
wrong=0

say() {
  echo "$*"
  wrong=1
}

# expect CODE WORDS...: the exit code of an audit.
expect() {
  local code="$1" came
  shift
  "${audit[@]}" "$@" >"$work/out" 2>"$work/err"
  came=$?
  [[ $came -eq $code ]] || say "$*: exit code $code expected, $came came: $(cat "$work/err")"
}

audit=("$palimpsest" audit lenet.onnx --images truth.png --images ../photos/coin.png --labels 3,1
  --attacks inverting-gradients,dlg --defenses none,gaussian:0.01 --budget inverting-gradients=400
  --budget dlg=4 --threads 1 --progress none)

expect 0 --out "$work/whole"
expect 5 --out "$work/whole"

# Twice: a signal once a first run is done, wherever the next one is by then.
for round in 1 2; do
  resume=()
  [[ $round -eq 2 ]] && resume=(--resume)
  before=$(find "$work/parts" -name result.json 2>/dev/null | wc -l)
  "${audit[@]}" --out "$work/parts" "${resume[@]}" >/dev/null 2>&1 &
  pid=$!
  for _ in {1..6000}; do
    [[ $(find "$work/parts" -name result.json 2>/dev/null | wc -l) -gt $before ]] && break
    sleep 0.1
  done
  kill -INT $pid
  wait $pid
  [[ $? -eq 130 ]] || say "round $round: an interrupted audit must exit with 130"
  [[ -e "$work/parts/audit.json" ]] && say "round $round: an unfinished audit has no outcome"
done
expect 3 --out "$work/parts" --resume --seeds 2
grep -q 'differs in its seeds' "$work/err" || say "the field that differs is not named"
done_before=$(find "$work/parts" -name result.json -printf '%p %T@\n' | sort)
expect 0 --out "$work/parts" --resume
cmp "$work/whole/audit.json" "$work/parts/audit.json" || say "resumed: another outcome"
while read -r line; do
  [[ -z "$line" || $(find "$work/parts" -name result.json -printf '%p %T@\n') == *"$line"* ]] ||
    say "a run that was done was run again: $line"
done <<<"$done_before"

expect 0 --out "$work/parts" --resume --max-psnr 99 --max-gain 99
expect 1 --out "$work/parts" --resume --max-psnr 0
grep -q 'an image was recovered at' "$work/out" || say "no word of what exceeded the threshold"
expect 1 --out "$work/parts" --resume --max-gain -99
expect 2 --out "$work/new" --defenses no-such-defence
expect 2 --out "$work/new" --labels 3
expect 2 --out "$work/new" --budget no-such-attack=3
expect 3 --out "$work/new" --set search.box=clip
[[ -e "$work/new" ]] && say "a refused audit left a folder"
grep -qi 'safe' "$work/whole/audit.json" && say "an audit must not call anything safe"

"$palimpsest" report "$work/whole" --out "$work/audit.html" >/dev/null || say "report: exit code $?"
[[ $(grep -o '<img ' "$work/audit.html" | wc -l) -eq 12 ]] || say "three pictures for each of four cells expected"
exit $wrong

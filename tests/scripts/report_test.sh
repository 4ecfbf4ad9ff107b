#!/usr/bin/env bash
# A report is looked at in a browser: it shows something, runs nothing, and shows hostile names as
# the text they are. Called with the build folder.
set -uo pipefail
palimpsest="$(realpath "$1")/tools/palimpsest"
cd "$(dirname "$0")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
wrong=0

say() {
  echo "$*"
  wrong=1
}

hostile='<script>alert(1)<script>"&'
cp examples/quickstart/lenet.onnx "$work/$hostile.onnx"
cp examples/quickstart/update.npz "$work/$hostile.npz"
cp examples/quickstart/update.npz.toml "$work/$hostile.npz.toml"
cat >"$work/$hostile.toml" <<'TOML'
name = '<script>alert(1)</script>"&'
title = '<script>alert(1)</script>"&'
citation = '</style><img src=x onerror=alert(2)>'
needs = "'><svg onload=alert(3)>"
[objective]
distance = "cosine"
total_variation = 1e-4
[search]
optimizer = "adam"
rate = 0.1
gradient = "hard-sign"
box = "clip"
TOML

"$palimpsest" invert "$work/$hostile.onnx" --update "$work/$hostile.npz" \
  --recipe "$work/$hostile.toml" --iterations 60 --restarts 2 --seed 1 --progress none \
  --truth examples/quickstart/truth.png --out "$work/$hostile" >/dev/null 2>"$work/error" ||
  say "invert: $(cat "$work/error")"
"$palimpsest" report "$work/$hostile" --out "$work/report.html" --title "$hostile" >/dev/null ||
  say "report: exit code $?"

# browser OPTIONS...: shows the page; its own messages are of no interest.
browser() {
  timeout 600 chromium --headless --no-sandbox --disable-gpu --disable-dev-shm-usage \
    --user-data-dir="$work/profile" "$@" "file://$work/report.html" 2>/dev/null
}

browser --dump-dom >"$work/dom" || say "chromium: exit code $?"
grep -q '</html>' "$work/dom" || say "the browser made no document"
grep -qi '<script' "$work/dom" && say "a script element got into the page"
grep -qiE '<(img|svg)[^>]* on[a-z]+=' "$work/dom" && say "an event handler got into the page"
grep -q '&lt;script&gt;alert(1)&lt;/script&gt;"&amp;' "$work/dom" ||
  say "the title of the recipe is not shown as it is"
[[ $(grep -o '<img ' "$work/dom" | wc -l) -eq 3 ]] || say "three pictures expected"
[[ $(grep -o '<path ' "$work/dom" | wc -l) -ge 2 ]] || say "a curve for each of two restarts expected"

browser --screenshot="$work/page.png" --window-size=1100,1600 --hide-scrollbars
python3 tests/scripts/screenshot_check.py "$work/page.png" || say "the page looks empty"
exit $wrong

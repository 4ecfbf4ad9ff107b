"""Runs `oracle_compare` on every model of a folder and prints a table. Needs no package beyond Python's own."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path

FLOAT32_FACTOR = 20
FLOAT32_FLOOR = 2e-6
ERRORS = ("logits", "gradients", "matching_cosine", "matching_l2")


def run(executable: Path, model: Path, golden: Path, dtype: str) -> dict:
    """The JSON line of one comparison, or {"failure": why}."""
    command = [str(executable), str(model), str(golden), "--dtype", dtype]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    lines = done.stdout.strip().splitlines()
    if done.returncode != 0 or not lines:
        return {"failure": (done.stderr.strip() or f"exit code {done.returncode}").splitlines()[-1]}
    return json.loads(lines[-1])


def complaints(exporter: str, facts: dict, f64: dict, f32: dict) -> list[str]:
    """What is wrong with a pair of comparisons. In float32 a flipped mask excuses the matching gradients."""
    found = [result["failure"] for result in (f64, f32) if "failure" in result]
    if found:
        return found
    if f64["parameters"] != len(facts["parameters"]):
        found.append(f"{f64['parameters']} of {len(facts['parameters'])} parameters")
    for name in ERRORS:
        if not f64[name] <= facts["float64_limit"][exporter]:
            found.append(f"{name} f64 {f64[name]:.1e}")
        limit = FLOAT32_FACTOR * facts["torch_float32"][name] + FLOAT32_FLOOR
        flips = f32["mask_flips"] + facts["torch_float32"]["mask_flips"] + facts["torch_float32"]["target_flips"]
        if not f32[name] <= limit and not (flips and name != "logits"):
            found.append(f"{name} f32 {f32[name]:.1e} > {limit:.1e}")
    return found


def row(model: str, exporter: str, facts: dict, f64: dict, f32: dict) -> str:
    """One line of the table."""
    def number(result: dict, name: str) -> str:
        return f"{result[name]:.1e}" if name in result else "-"
    cells = [f"{model:20}", f"{exporter:7}", f"{f64.get('parameters', '-')}/{len(facts['parameters'])}".rjust(9)]
    cells += [number(f64, name).rjust(9) for name in ERRORS]
    cells += [number(f32, name).rjust(9) for name in ERRORS]
    cells.append(str(f32.get("mask_flips", "-")).rjust(6))
    return " ".join(cells)


def header() -> str:
    """The table's head."""
    names = ["logits", "g", "cosine", "l2"]
    cells = [f"{'model':20}", f"{'export':7}", "params".rjust(9)]
    cells += [f"{name} {dtype}".rjust(9) for dtype in ("f64", "f32") for name in names]
    return " ".join([*cells, "flips".rjust(6)])


def main() -> int:
    """Compare every model that the folder holds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("executable", type=Path)
    parser.add_argument("folder", type=Path)
    parser.add_argument("models", nargs="*")
    arguments = parser.parse_args()
    goldens = [path for path in sorted(arguments.folder.glob("*.npz"))
               if not arguments.models or path.stem in arguments.models]
    if not goldens:
        print(f"{arguments.folder}: no goldens to compare with", file=sys.stderr)
        return 2
    wrong = []
    print(header())
    for golden in goldens:
        facts = json.loads(golden.with_suffix(".json").read_text())
        for exporter in ("ts", "dynamo"):
            model = golden.with_name(f"{golden.stem}.{exporter}.onnx")
            f64, f32 = (run(arguments.executable, model, golden, dtype) for dtype in ("f64", "f32"))
            print(row(golden.stem, exporter, facts, f64, f32), flush=True)
            wrong += [f"{model.name}: {complaint}" for complaint in complaints(exporter, facts, f64, f32)]
    for complaint in wrong:
        print(complaint)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())

"""Writes the tables of docs/results.md again, between its markers, from bench/results/<experiment>.json."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from statistics import mean, median

import label_tables

sys.path.insert(0, str(Path(__file__).parents[1]))

import pages  # noqa: E402

RESULTS = Path("bench/results")
PAGE = Path("docs/results.md")
ELSEWHERE = ("iteration", "models", "precision")  # in docs/performance.md and docs/models.md
SUCCESS_MSE = 1e-4
SIDES = ("palimpsest", "pytorch")
MEBI = 1 << 20


def per_image(result: dict, side: str, key: str) -> list[float]:
    """A per-image figure over all batches."""
    return [value for batch in result["batches"] for value in batch[side][key]]


def seconds(result: dict, side: str, clock: str) -> float:
    """Total time of one side."""
    return sum(batch[side][f"{clock}_seconds"] for batch in result["batches"])


def label_accuracy(result: dict, side: str) -> str:
    """Share of images whose class is among the recovered ones of its batch."""
    hits = [label in batch[side]["labels"] for batch in result["batches"] for label in batch["true_labels"]]
    return f"{100 * mean(hits):.0f} %"


def conditions(result: dict) -> str:
    """One sentence: budget, machine, versions, date."""
    held = result["settings"]
    images = len(per_image(result, "palimpsest", "mse"))
    parts = [f"{images} photograph{'s' if images > 1 else ''} in batches of {held['batch']}",
             f"{held['iterations']} iterations", f"{held['restarts']} start{'s' if held['restarts'] > 1 else ''}"]
    if held["total_variation"]:
        parts.append(f"total variation {held['total_variation']:g}")
    if held["local_steps"]:
        parts.append(f"{held['local_steps']} local steps of SGD on one image each, rate {held['local_rate']:g}")
    threads = f"{held['threads']} thread{'s' if held['threads'] > 1 else ''}"
    versions = f"palimpsest {held['versions']['palimpsest']}, torch {held['versions']['torch']}"
    return (f"{held['network']} ({held['parameters']:,} parameters); {', '.join(parts)}; {threads} of "
            f"{held['processor']}; {versions}; {held['date']}.")


def comparison(result: dict, labels_found: bool) -> str:
    """Both sides, and how long ours took for each second of theirs."""
    rows = []
    for side, name in zip(SIDES, ("palimpsest", "PyTorch")):
        mse, psnr = per_image(result, side, "mse"), per_image(result, side, "psnr")
        successes = sum(value < SUCCESS_MSE for value in mse)
        objectives = [batch[side]["objective"] for batch in result["batches"]]
        rows.append([name, f"{successes} / {len(mse)}"] + ([label_accuracy(result, side)] if labels_found else []) +
                    [f"{mean(psnr):.2f}", f"{median(psnr):.2f}", f"{median(objectives):.3g}"])
    head = ["", "MSE < 1e-4"] + (["labels found"] if labels_found else []) + [
        "mean PSNR, dB", "median PSNR, dB", "median objective"]
    wall, cpu = (seconds(result, "palimpsest", clock) / seconds(result, "pytorch", clock) for clock in ("wall", "cpu"))
    return f"{pages.table(head, rows)}\n\nTime, palimpsest / PyTorch: {wall:.2f} by the clock, {cpu:.2f} in CPU time."


def by_image(result: dict) -> str:
    """Mean over images of the difference in PSNR, and every image's two figures."""
    rows, names = [], [name for batch in result["batches"] for name in batch["photos"]]
    ours, theirs = (per_image(result, side, "psnr") for side in SIDES)
    flat = [value for batch in result["batches"] for value in batch["flat_psnr"]]
    lines = [*zip(names, ours, theirs, flat), ("mean", mean(ours), mean(theirs), mean(flat))]
    for name, one, other, colour in lines:
        rows.append([name, f"{one:.2f}", f"{other:.2f}", f"{one - other:+.2f}", f"{colour:.2f}"])
    return pages.table(["photograph", "palimpsest, dB", "PyTorch, dB", "difference", "its mean colour, dB"], rows)


def alone(result: dict) -> str:
    """A run that is not set beside another."""
    batch = result["batches"][0]
    figures = batch["palimpsest"]
    rows = [["PSNR", f"{figures['psnr'][0]:.2f} dB"], ["PSNR of its mean colour", f"{batch['flat_psnr'][0]:.2f} dB"],
            ["MSE", f"{figures['mse'][0]:.3g}"],
            ["objective", f"{figures['objective']:.3g}"],
            ["memory predicted for the program", f"{figures['predicted_bytes'] / MEBI:.0f} MiB"],
            ["peak resident memory of the process", f"{figures['peak_resident_bytes'] / MEBI:.0f} MiB"],
            ["time", f"{figures['wall_seconds']:.0f} s"], ["CPU time", f"{figures['cpu_seconds']:.0f} s"]]
    return pages.table(["", batch["photos"][0]], rows)


def section(path: Path) -> str:
    """One experiment's text between its markers."""
    result = json.loads(path.read_text())
    if path.stem == "labels":
        return label_tables.section(result, pages.table)
    parts = [conditions(result)]
    if "pytorch" not in result["batches"][0]:
        parts.append(alone(result))
    else:
        found = path.stem in ("dlg", "idlg")
        parts.append(comparison(result, found))
        if not found:
            parts.append(by_image(result))
    return "\n\n".join(parts)


def main() -> None:
    """Replace what stands between `<!-- NAME -->` and `<!-- end -->`."""
    page = PAGE.read_text()
    for path in sorted(RESULTS.glob("*.json")):
        if path.stem in ELSEWHERE:
            continue
        page = pages.with_part(page, path.stem, section(path))
    PAGE.write_text(page)


if __name__ == "__main__":
    main()

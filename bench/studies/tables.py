"""Writes the studies' tables of docs/results.md again, between their markers, from bench/studies/*.json.

    python3 bench/studies/tables.py
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from statistics import mean

sys.path.insert(0, str(Path(__file__).parents[1]))

import pages  # noqa: E402

STUDIES = Path("bench/studies")
PAGE = Path("docs/results.md")


def pooled(results: list[dict], key: str) -> list[float]:
    """A per-image figure over several results."""
    return [value for result in results for value in result[key]]


def by_attack(part: list[dict]) -> str:
    """A line for each attack: means over all images of all batches."""
    rows = []
    for name in part[0]["rows"]:
        results = [batch["rows"][name] for batch in part]
        rows.append([name, f"{mean(pooled(results, 'psnr')):.2f}", f"{mean(pooled(results, 'ssim')):.3f}",
                     f"{mean(pooled(results, 'fft2d')):.4f}", f"{100 * mean(pooled(results, 'iip_pixels')):.0f} %",
                     f"{mean(result['random_pair_psnr'] for result in results):.2f}"])
    return pages.table(["attack", "PSNR, dB", "SSIM", "FFT2D", "identified", "PSNR of wrong pairs, dB"], rows)


def by_size(part: list[dict]) -> str:
    """A line for each batch size."""
    rows = []
    for size in sorted({batch["size"] for batch in part}):
        results = [result for batch in part if batch["size"] == size for result in batch["rows"].values()]
        rows.append([str(size), str(len(pooled(results, "psnr"))), f"{mean(pooled(results, 'psnr')):.2f}",
                     f"{100 * mean(pooled(results, 'iip_pixels')):.0f} %"])
    return pages.table(["batch", "images", "PSNR, dB", "identified"], rows)


def under_defences(part: list[dict]) -> str:
    """Attacks by defences: PSNR and share identified."""
    defences, attacks = list(part[0]), list(part[0]["none"])
    rows = []
    for attack in attacks:
        fields = []
        for defence in defences:
            results = [image[defence][attack] for image in part]
            fields.append(f"{mean(pooled(results, 'psnr')):.2f} / {100 * mean(pooled(results, 'iip_pixels')):.0f} %")
        rows.append([attack, *fields])
    return pages.table(["PSNR, dB / identified", *defences], rows)


def by_optimizer(part: list[dict]) -> str:
    """A line for each optimiser."""
    rows = []
    for name in part[0]:
        results = [image[name] for image in part]
        rows.append([name, f"{mean(pooled(results, 'psnr')):.2f}", f"{mean(pooled(results, 'ssim')):.3f}",
                     f"{100 * mean(pooled(results, 'iip_pixels')):.0f} %"])
    return pages.table(["optimiser", "PSNR, dB", "SSIM", "identified"], rows)


SECTIONS = {
    ("gradinversion", "ablation"): by_attack, ("gradinversion", "comparison"): by_attack,
    ("gradinversion", "batches"): by_size, ("ggl", "defences"): under_defences, ("ggl", "optimizers"): by_optimizer}


def main() -> None:
    """Replace what stands between `<!-- STUDY PART -->` and `<!-- end -->`, where the page has such markers."""
    page = PAGE.read_text()
    for (study, part), section in SECTIONS.items():
        held = json.loads((STUDIES / f"{study}.json").read_text())
        if part not in held or not pages.has_part(page, f"{study} {part}"):
            continue
        made = f"palimpsest {held['settings']['version']}, {held['settings']['date']}.\n\n{section(held[part])}"
        page = pages.with_part(page, f"{study} {part}", made)
    PAGE.write_text(page)


if __name__ == "__main__":
    main()

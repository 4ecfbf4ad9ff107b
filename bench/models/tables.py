"""Writes the tables of docs/models.md again, between their markers, from bench/results/models.json. Needs no package."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import pages  # noqa: E402

RECORD = Path("bench/results/models.json")
PAGE = Path("docs/models.md")
KIBI = 1 << 10


def pictures(record: dict) -> str:
    """The kinds of data."""
    rows = [[f"`{name}`", f"{held['size']}x{held['size']}x{held['channels']}", f"{held['training']:,}",
             f"{held['heldout']:,}", f"{100 * held['largest_class_share_heldout']:.1f} %"]
            for name, held in record.items()]
    return pages.table(["data", "pixels", "training", "held out", "largest class among the held-out"], rows)


def classifiers(record: dict) -> str:
    """Accuracy of every network on both parts."""
    rows = [[f"`{name}/{model['file']}`", f"{model['parameters']:,}", f"{100 * model['training_accuracy']:.1f} %",
             f"{100 * model['heldout_accuracy']:.1f} %", f"{model['epochs']}" if model["trained"] else "0",
             f"{model['cpu_seconds']:.0f}" if model["trained"] else "0"]
            for name, held in record.items() for model in held["models"] if model["kind"] == "classifier"]
    return pages.table(["file", "parameters", "training", "held out", "epochs", "seconds of training"], rows)


def generators(record: dict) -> str:
    """Sizes of every decoder and how near it comes to pictures of both parts."""
    rows = [[f"`{name}/{model['file']}`", str(model["latent"]), f"{model['parameters']:,}",
             f"{model['bytes'] / KIBI:.0f}", f"{model['training_psnr']:.1f}", f"{model['heldout_psnr']:.1f}",
             f"{model['heldout_mean_colour_psnr']:.1f}", f"{model['cpu_seconds']:.0f}"]
            for name, held in record.items() for model in held["models"] if model["kind"] == "generator"]
    return pages.table(["file", "latent", "parameters", "KiB", "training, dB", "held out, dB", "its mean colour, dB",
                  "seconds of training"], rows)


def conditions(record: dict) -> str:
    """One line: where, with what and when."""
    made = next(iter(record.values()))["made"]
    packages = ", ".join(f"{name} {made[name]}" for name in ("torch", "scikit-image", "scikit-learn", "pillow"))
    return f"One thread of {made['processor']}; {packages}; {made['date']}."


SECTIONS = {"pictures": pictures, "classifiers": classifiers, "generators": generators, "conditions": conditions}


def main() -> None:
    """Replace what stands between `<!-- NAME -->` and `<!-- end -->`."""
    record, page = json.loads(RECORD.read_text()), PAGE.read_text()
    for name, section in SECTIONS.items():
        page = pages.with_part(page, name, section(record))
    PAGE.write_text(page)


if __name__ == "__main__":
    main()

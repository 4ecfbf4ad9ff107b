"""What mixed precision costs a reconstruction: Inverting Gradients in f32 and in mixed precision from the same starts.

    python bench/results/precision.py COMMAND

COMMAND is the palimpsest executable. Writes bench/results/precision.json and prints the table of docs/results.md.
"""

from __future__ import annotations

import dataclasses
import json
import sys

import numpy as np

import measure  # it names the folders that the other modules come from
import inputs as inputs_of
import models
import sides
from experiments import EXPERIMENTS

PRECISIONS = ("full", "mixed")
ITERATIONS, PHOTOS = 300, 5
WIDTH = 64  # wide enough that most products are narrowed


def attacked(command: str, model, path, experiment, group: int) -> dict:
    """One batch by both precisions: PSNR of each image, and the objective."""
    inputs = inputs_of.make_inputs(experiment, model, group, path.parent)
    inputs_of.draw_start(experiment, inputs, seed=1000 * group)
    row = {"photos": [photo.stem for photo in inputs.photos], "flat_psnr": measure.flat_psnr(inputs.truth)}
    for precision in PRECISIONS:
        changed = dataclasses.replace(experiment, precision=precision)
        attempt = sides.run_palimpsest(command, path, changed, inputs, path.parent / f"run-{group}-{precision}")
        row[precision] = measure.describe([attempt], inputs)
    print(row["photos"], {name: np.round(row[name]["psnr"], 2).tolist() for name in PRECISIONS}, flush=True)
    return row


def main() -> None:
    """Photographs of the ConvNet experiment, on a wider network."""
    command = sys.argv[1]
    base = next(experiment for experiment in EXPERIMENTS if experiment.name == "ig-convnet")
    experiment = dataclasses.replace(
        base, name="precision", iterations=ITERATIONS, photos=base.photos[:PHOTOS],
        network=lambda: models.ConvNet(WIDTH), network_name=f"ConvNet, width {WIDTH}")
    folder = measure.WORK / experiment.name
    folder.mkdir(parents=True, exist_ok=True)
    model, path = inputs_of.make_model(experiment, folder)
    batches = [attacked(command, model, path, experiment, group) for group in range(len(experiment.groups()))]
    result = {"settings": measure.settings(experiment, command, model), "batches": batches}
    (measure.RESULTS / "precision.json").write_text(json.dumps(result, indent=1) + "\n")
    print("|  | mean PSNR, dB | median PSNR, dB | median objective |\n| --- | ---: | ---: | ---: |")
    for precision in PRECISIONS:
        psnr = [value for batch in batches for value in batch[precision]["psnr"]]
        objective = np.median([batch[precision]["objective"] for batch in batches])
        print(f"| {precision} | {np.mean(psnr):.2f} | {np.median(psnr):.2f} | {objective:.2e} |")


if __name__ == "__main__":
    main()

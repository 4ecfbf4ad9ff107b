"""Generative Gradient Leakage's tables: attacks under defences, one image at a time, and its three optimisers.

    python3 bench/studies/ggl.py COMMAND [defences] [optimizers]

Writes bench/studies/ggl.json, part by part.
"""

from __future__ import annotations

import datetime
import functools
import json
import sys
from pathlib import Path

import clients

RESULT = Path("bench/studies/ggl.json")
NETWORK = clients.Network("digits", "lenet-untrained")  # as in the paper, before any training
IMAGES, IMAGES_OF_OPTIMIZERS, DRAW = 20, 6, 2
GENERATOR = ["--generator", str(clients.MODELS / "digits" / "generator.onnx")]

# The defence's words, and the transform by which GGL undoes it.
DEFENCES = {
    "none": ("", "none"),
    "noise 0.1": ("gaussian:0.1", "none"),
    "clipping 4": ("clip:4", "clipping"),
    "sparsification 90 %": ("sparsify:0.9", "observed-support"),
    "Soteria 80 %": ("soteria:0.8", "observed-support"),
}
ATTACKS = {
    "DLG": ["--recipe", "dlg", "--iterations", "60"],
    "iDLG": ["--recipe", "idlg", "--iterations", "60"],
    "Inverting Gradients": ["--recipe", "inverting-gradients", "--iterations", "2000"],
    "GradInversion": ["--recipe", "gradinversion", "--iterations", "1000", "--set", "objective.statistics=0",
                      "--set", "search.restarts=4", "--set", "group.start=250", "--set", "group.period=50"],
    "GGL": ["--recipe", "ggl", *GENERATOR, "--iterations", "400"],
}
OPTIMIZERS = {
    "Adam": ["--recipe", "ggl-adam", *GENERATOR, "--iterations", "2500"],
    "TuRBO": ["--recipe", "ggl-bo", *GENERATOR, "--iterations", "40", "--set", "turbo.initial=100"],
    "CMA-ES": ["--recipe", "ggl", *GENERATOR, "--iterations", "400"],
}


def attack(command: clients.Command, batch: clients.Batch, update: Path, name: str, options: list[str]) -> dict:
    """One attack of one image; labels are read from the update unless they are searched."""
    rule = [] if name in ("DLG", "iDLG") else ["--set", "labels.rule=idlg"]
    folder = clients.WORK / "ggl" / str(batch.number) / f"{update.stem}-{name.replace(' ', '-')}"
    return command.attack(NETWORK, batch, update, folder, "--seed", "1", *rule, *options)


def defended(command: clients.Command, batch: clients.Batch) -> dict:
    """Every attack under every defence."""
    rows: dict = {}
    for defence, (words, transform) in DEFENCES.items():
        options = ["--defense", words, "--seed", "1"] if words else []
        update = command.simulate(NETWORK, batch, clients.WORK / "ggl" / str(batch.number) / f"{defence}.npz", *options)
        rows[defence] = {}
        for name, settings in ATTACKS.items():
            undo = ["--set", f"objective.transform={transform}"] if name == "GGL" else []
            rows[defence][name] = attack(command, batch, update, name, settings + undo)
        print(batch.number, defence, {name: round(row["psnr"][0], 1) for name, row in rows[defence].items()}, flush=True)
    return rows


def optimized(command: clients.Command, batch: clients.Batch) -> dict:
    """GGL by each optimiser on the undefended gradient."""
    update = command.simulate(NETWORK, batch, clients.WORK / "ggl" / str(batch.number) / "plain.npz")
    rows = {name: attack(command, batch, update, name, settings) for name, settings in OPTIMIZERS.items()}
    print(batch.number, {name: round(row["psnr"][0], 1) for name, row in rows.items()}, flush=True)
    return rows


def main() -> None:
    """The parts that are named, or both."""
    command, parts = clients.Command(sys.argv[1]), sys.argv[2:] or ["defences", "optimizers"]
    held = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    for part in parts:
        count, measure = (IMAGES, defended) if part == "defences" else (IMAGES_OF_OPTIMIZERS, optimized)
        batches = clients.draw_batches(NETWORK.data, 1, count, DRAW)
        held[part] = clients.side_by_side([functools.partial(measure, command, batch) for batch in batches])
        held["settings"] = {"version": command.version(), "date": datetime.date.today().isoformat()}
        RESULT.write_text(json.dumps(held, indent=1) + "\n")


if __name__ == "__main__":
    main()

"""Measures how many labels each rule recovers, on the models of scripts/models.sh and held-out pictures.

    labels.py COMMAND MODELS

Writes bench/results/labels.json after every cell. Needs no package: clients are simulated by the command.
"""

from __future__ import annotations

import datetime
import json
import random
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import mean

RESULT = Path("bench/results/labels.json")
RULES = ("idlg", "bias-sign", "column-min", "column-sign", "llg", "bias-corrected", "ilrg", "automatic")
BATCH_SIZES = (1, 4, 8, 16, 32, 64)
BATCHES = 20
GUESSES = 200  # per batch, for the chance level
SEED = 3


@dataclass(frozen=True)
class Target:
    """A network of build/models, trained and untrained."""

    data: str
    network: str
    title: str


TARGETS = (Target("digits", "lenet", "LeNet on digits"), Target("patches-32", "resnet20", "ResNet-20 on patches-32"))

Pictures = dict[int, list[Path]]  # held-out files of each class


def read_pictures(folder: Path) -> Pictures:
    """The held-out files by class."""
    pictures: Pictures = {}
    for name, label in json.loads((folder / "labels.json").read_text()).items():
        pictures.setdefault(label, []).append(folder / name)
    return pictures


def distinct(pictures: Pictures, batch: int, chance: random.Random) -> list[int]:
    """No class twice."""
    return chance.sample(sorted(pictures), batch)


def drawn(pictures: Pictures, batch: int, chance: random.Random) -> list[int]:
    """As they come: pictures drawn from all that are held out."""
    return chance.sample([label for label in sorted(pictures) for _ in pictures[label]], batch)


def skewed(pictures: Pictures, batch: int, chance: random.Random) -> list[int]:
    """Half of the batch of one class, the other half as they come from the rest."""
    most = chance.choice(sorted(pictures))
    rest = {label: files for label, files in pictures.items() if label != most}
    return [most] * (batch // 2) + drawn(rest, batch - batch // 2, chance)


KINDS = {"distinct": distinct, "drawn": drawn, "skewed": skewed}


def allowed(kind: str, pictures: Pictures, batch: int) -> bool:
    """Whether the pictures suffice, and whether the kind is another than the one before at this batch size."""
    if kind == "distinct":
        return batch <= len(pictures)
    if batch == 1:
        return False
    return kind == "drawn" or batch // 2 <= min(len(files) for files in pictures.values())


def draw_files(pictures: Pictures, labels: list[int], chance: random.Random) -> list[Path]:
    """A picture for each label, none twice."""
    files = {label: iter(chance.sample(pictures[label], count)) for label, count in Counter(labels).items()}
    return [next(files[label]) for label in labels]


def palimpsest(command: str, *arguments: str) -> dict:
    """One call with --json; its data."""
    ended = subprocess.run([command, *arguments, "--json"], capture_output=True, text=True)
    if ended.returncode:
        raise SystemExit(f"{' '.join([command, *arguments])}\nended with {ended.returncode}: {ended.stdout}{ended.stderr}")
    return json.loads(ended.stdout)["data"]


def recall(found: list[int], truth: list[int]) -> float:
    """Instance recall: the share of labels, counted with repetition, that are among those found."""
    return sum((Counter(found) & Counter(truth)).values()) / len(truth)


def guessed(classes: int, truth: list[int], chance: random.Random) -> float:
    """Mean recall of labels drawn blindly, every class as likely."""
    return mean(recall(chance.choices(range(classes), k=len(truth)), truth) for _ in range(GUESSES))


def one_batch(command: str, model: Path, held: dict, files: list[Path], labels: list[int], work: Path) -> dict:
    """A client's gradient for these pictures, and the recall of each rule on it."""
    update, truth = str(work / "update.npz"), ",".join(map(str, labels))
    common = [str(model), "--batch", str(len(labels)), "--threads", "1"]
    palimpsest(command, "simulate", *common, "--images", *map(str, files), "--labels", truth, "--out", update,
               "--mean", ",".join(map(str, held["mean"])), "--std", ",".join(map(str, held["std"])))
    return {rule: palimpsest(command, "labels", *common, "--update", update, "--rule", rule,
                             "--truth", truth)["instance_recall"] for rule in RULES}


def cells(models: Path, record: dict) -> Iterator[tuple[Target, Pictures, int, str]]:
    """Every network, batch size and kind of labels that the pictures allow."""
    for target in TARGETS:
        pictures = read_pictures(models / target.data / "heldout")
        for batch in BATCH_SIZES:
            for kind in KINDS:
                if batch <= record[target.data]["heldout"] and allowed(kind, pictures, batch):
                    yield target, pictures, batch, kind


def measure_cell(command: str, models: Path, held: dict, target: Target, pictures: Pictures, batch: int,
                 kind: str) -> dict:
    """The same batches for the trained and the untrained network."""
    # Seeded by what is measured, so that a cell does not depend on those before it.
    chance = random.Random(f"{SEED} {target.data} {batch} {kind}")
    drawn_labels = [KINDS[kind](pictures, batch, chance) for _ in range(BATCHES)]
    files = [draw_files(pictures, labels, chance) for labels in drawn_labels]
    cell = {"data": target.data, "network": target.network, "title": target.title, "batch": batch, "labels": kind,
            "batches": BATCHES, "chance": mean(guessed(len(pictures), labels, chance) for labels in drawn_labels)}
    with tempfile.TemporaryDirectory() as work:
        for state in ("untrained", "trained"):
            name = f"{target.network}{'' if state == 'trained' else '-untrained'}.onnx"
            came = [one_batch(command, models / target.data / name, held, chosen, labels, Path(work))
                    for chosen, labels in zip(files, drawn_labels)]
            cell[state] = {rule: mean(one[rule] for one in came) for rule in RULES}
    return cell


def main() -> None:
    """Every cell."""
    command, models = sys.argv[1], Path(sys.argv[2])
    record = json.loads((models / "models.json").read_text())
    version = subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    result = {"settings": {"version": version.removeprefix("palimpsest "), "batches": BATCHES, "seed": SEED,
                           "date": datetime.date.today().isoformat(), "rules": list(RULES)}, "cells": []}
    for target, pictures, batch, kind in cells(models, record):
        cell = measure_cell(command, models, record[target.data], target, pictures, batch, kind)
        result["cells"].append(cell)
        print(target.title, batch, kind, {state: {rule: round(value, 2) for rule, value in cell[state].items()}
                                          for state in ("untrained", "trained")}, flush=True)
        RESULT.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()

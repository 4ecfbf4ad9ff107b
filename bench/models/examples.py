"""Copies the small models and a few held-out pictures of build/models to the examples. Needs no package.

    examples.py MODELS EXAMPLES
"""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Bundle:
    """One folder of examples: which models under which names, and how many held-out pictures of each class."""

    data: str
    folder: str
    models: dict[str, str]
    per_class: tuple[int, ...]  # of each class in turn


BUNDLES = (
    Bundle("digits", "digits", {"lenet.onnx": "lenet-trained.onnx", "lenet-untrained.onnx": "lenet-untrained.onnx",
                                "generator.onnx": "generator.onnx"}, (3, 3, 3, 3, 2, 2, 2, 2, 2, 2)),
    Bundle("patches-32", "patches", {"resnet20.onnx": "resnet20.onnx", "generator.onnx": "generator-32.onnx"},
           (2,) * 10),
)


def spread(names: list[str], count: int) -> list[str]:
    """`count` of them, evenly from first to last."""
    return [names[i * len(names) // count] for i in range(count)]


def chosen_pictures(labels: dict[str, int], per_class: tuple[int, ...]) -> dict[str, int]:
    """A few files of every class."""
    chosen = []
    for label, count in enumerate(per_class):
        chosen += spread([name for name, held in labels.items() if held == label], count)
    return {name: labels[name] for name in chosen}


def copy(bundle: Bundle, models: Path, folder: Path) -> None:
    """Fills the folder again; pictures of a former run go."""
    pictures = folder / "heldout"
    pictures.mkdir(parents=True, exist_ok=True)
    for stale in pictures.glob("*.png"):
        stale.unlink()
    for name, copied in bundle.models.items():
        shutil.copyfile(models / name, folder / copied)
    labels = chosen_pictures(json.loads((models / "heldout" / "labels.json").read_text()), bundle.per_class)
    for name in labels:
        shutil.copyfile(models / "heldout" / name, pictures / name)
    lines = ",\n".join(f' "{name}": {label}' for name, label in labels.items())
    (pictures / "labels.json").write_text(f"{{\n{lines}\n}}\n")


def main() -> None:
    """Every bundle."""
    models, examples = Path(sys.argv[1]), Path(sys.argv[2])
    for bundle in BUNDLES:
        copy(bundle, models / bundle.data, examples / bundle.folder)


if __name__ == "__main__":
    main()

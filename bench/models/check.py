"""Holds the files of build/models against the command: every classifier is inspected and used by a simulated client,
and every generator gives the pictures that PyTorch's decoder gives with the same weights.

    check.py COMMAND MODELS
"""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from onnx import load, numpy_helper

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "oracles"))

import networks  # noqa: E402

BATCH = 4
ABSOLUTE = 1e-5  # of pixels in [0, 1], in f32


def palimpsest(command: str, *arguments: str) -> dict:
    """One call with --json; its data. A call that fails ends the check."""
    ended = subprocess.run([command, *arguments, "--json"], capture_output=True, text=True)
    if ended.returncode:
        raise SystemExit(f"{' '.join([command, *arguments])}\nended with {ended.returncode}: {ended.stdout}{ended.stderr}")
    return json.loads(ended.stdout)["data"]


def check_classifier(command: str, folder: Path, held: dict, model: dict, work: Path) -> None:
    """Parameters as recorded, a head that label rules can read, and an update for held-out pictures."""
    path = str(folder / model["file"])
    seen = palimpsest(command, "inspect", path, "--batch", str(BATCH), "--no-cost")
    if seen["parameter_count"] != model["parameters"] or not seen["head"]:
        raise SystemExit(f"{path}: {model['parameters']} parameters and a head expected, {seen} came")
    labels = json.loads((folder / "heldout" / "labels.json").read_text())
    chosen = list(labels)[::max(len(labels) // BATCH, 1)][:BATCH]
    update = palimpsest(command, "simulate", path, "--batch", str(BATCH),
                        "--images", *(str(folder / "heldout" / name) for name in chosen),
                        "--labels", ",".join(str(labels[name]) for name in chosen),
                        "--mean", ",".join(map(str, held["mean"])), "--std", ",".join(map(str, held["std"])),
                        "--out", str(work / "update.npz"))
    print(f"{path}: {seen['parameter_count']} parameters, loss {update['loss']:.4f} on {BATCH} held-out pictures")


def decoder_of(model: dict, path: Path, channels: int) -> networks.Decoder:
    """The PyTorch decoder with the file's weights."""
    classes = networks.CLASSES if model["conditional"] else 0
    decoder = networks.Decoder(model["latent"], tuple(model["widths"]), channels, classes)
    decoder.load_state_dict({tensor.name: torch.from_numpy(numpy_helper.to_array(tensor).copy())
                             for tensor in load(path).graph.initializer})
    return decoder.eval()


def check_generator(command: str, folder: Path, held: dict, model: dict, work: Path) -> None:
    """The command's pictures for latent vectors of the prior equal PyTorch's."""
    path = folder / model["file"]
    generator = torch.Generator().manual_seed(5)
    inputs = {"latent": torch.randn(BATCH, model["latent"], generator=generator)}
    if model["conditional"]:
        inputs["label"] = torch.eye(networks.CLASSES)[:BATCH]
    with torch.no_grad():
        image = decoder_of(model, path, held["channels"])(**inputs)
    np.savez(work / "inputs.npz", **{name: tensor.numpy() for name, tensor in inputs.items()})
    np.savez(work / "expected.npz", image=image.numpy())
    palimpsest(command, "run", str(path), "--batch", str(BATCH), "--input", str(work / "inputs.npz"),
               "--expect", str(work / "expected.npz"), "--atol", str(ABSOLUTE))
    print(f"{path}: {BATCH} pictures as PyTorch's, {ABSOLUTE:g} absolute")


def main() -> None:
    """Every model of models.json."""
    command, models = sys.argv[1], Path(sys.argv[2])
    checks = {"classifier": check_classifier, "generator": check_generator}
    with tempfile.TemporaryDirectory() as work:
        for name, held in json.loads((models / "models.json").read_text()).items():
            for model in held["models"]:
                checks[model["kind"]](command, models / name, held, model, Path(work))


if __name__ == "__main__":
    main()

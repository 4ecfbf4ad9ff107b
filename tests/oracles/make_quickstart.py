"""Makes the quickstart's files: a small network, one photograph, and the gradient a client would send for it."""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import numpy as np
import torch
from PIL import Image

import exporters
import models
import reference
import weights

SEED = 7
LABEL = 3
SIDECAR = """\
kind = "gradient"
loss = "cross_entropy"
reduction = "mean"
num_examples = 1
framework = "torch"
"""


def read_image(path: Path) -> torch.Tensor:
    """A PNG as [1, 3, H, W] in [0, 1]."""
    pixels = np.asarray(Image.open(path).convert("RGB"), dtype=np.float32) / 255
    return torch.from_numpy(pixels).permute(2, 0, 1).unsqueeze(0).contiguous()


def write_update(path: Path, model: torch.nn.Module, x: torch.Tensor, label: int) -> None:
    """The gradient of the cross-entropy at one image, one member for each parameter."""
    gradients = reference.parameter_gradients(model, x, torch.tensor([label]), create_graph=False)
    names = [name for name, _ in model.named_parameters()]
    np.savez(path, **{name: np.ascontiguousarray(value.numpy()) for name, value in zip(names, gradients)})


def main() -> None:
    """Write the folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("photo", type=Path, help="a 32x32 picture")
    parser.add_argument("folder", type=Path)
    arguments = parser.parse_args()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    model = models.LeNet()
    weights.uniform_weights(model, torch.Generator().manual_seed(SEED))
    x = read_image(arguments.photo)
    exporters.export(model.eval(), x, arguments.folder / "lenet.onnx", "ts")
    write_update(arguments.folder / "update.npz", model, x, LABEL)
    (arguments.folder / "update.npz.toml").write_text(SIDECAR)
    shutil.copyfile(arguments.photo, arguments.folder / "truth.png")


if __name__ == "__main__":
    main()

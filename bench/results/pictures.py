"""Grids for docs/results.md: truth, palimpsest, PyTorch, one row each, one column for each photograph."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from PIL import Image
from scipy.optimize import linear_sum_assignment

GAP = 2
MOST_COLUMNS = 10


def assigned(images: np.ndarray, truth: np.ndarray) -> np.ndarray:
    """`images` in the order of the true images they are nearest to, all together."""
    table = ((truth[:, None] - images[None]) ** 2).mean(axis=(2, 3, 4))
    return images[linear_sum_assignment(table)[1]]


def write_grid(path: Path, batches: list[list[np.ndarray]]) -> None:
    """`batches`: for each attacked batch, [images, 3, H, W] in [0, 1] of every row. Small images are doubled."""
    ordered = [[batch[0]] + [assigned(images, batch[0]) for images in batch[1:]] for batch in batches]
    rows = [np.concatenate(side)[:MOST_COLUMNS] for side in zip(*ordered)]
    padded = [np.pad(row, ((0, 0), (0, 0), (GAP, GAP), (GAP, GAP)), constant_values=1) for row in rows]
    lines = [np.concatenate(list(row), axis=2) for row in padded]
    pixels = (np.concatenate(lines, axis=1).transpose(1, 2, 0) * 255).round().astype(np.uint8)
    picture = Image.fromarray(pixels)
    if rows[0].shape[-1] < 64:
        picture = picture.resize((2 * picture.width, 2 * picture.height), Image.Resampling.NEAREST)
    else:
        picture = picture.quantize(128)  # half the bytes
    picture.save(path, optimize=True)


def read_picture(path: Path) -> np.ndarray:
    """A PNG as [1, 3, H, W] in [0, 1]."""
    return np.asarray(Image.open(path).convert("RGB"), dtype=np.float64).transpose(2, 0, 1)[None] / 255


def write_pair(path: Path, truth: Path, recovered: Path, zoom: int = 4) -> None:
    """Truth left, reconstruction right, every pixel a square of `zoom`."""
    both = [np.pad(read_picture(side)[0], ((0, 0), (GAP, GAP), (GAP, GAP)), constant_values=1)
            for side in (truth, recovered)]
    pixels = (np.concatenate(both, axis=2).transpose(1, 2, 0) * 255).round().astype(np.uint8)
    picture = Image.fromarray(pixels)
    picture.resize((zoom * picture.width, zoom * picture.height), Image.Resampling.NEAREST).save(path, optimize=True)


if __name__ == "__main__":
    # python bench/results/pictures.py OUT.png TRUTH.png RECOVERED.png
    write_pair(*map(Path, sys.argv[1:4]))

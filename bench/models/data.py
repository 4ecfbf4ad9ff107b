"""The pictures that models are trained on and attacks are shown: digits, and patches of photographs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from sklearn.datasets import load_digits

import photographs

DIGIT_SIZE = 32
DIGIT_WHITE = 16  # scikit-learn's digits are integers up to this
HELDOUT_DIGITS = 360
MEAN, DEVIATION = 0.5, 0.25
DATA_SEED = 11


@dataclass(frozen=True)
class Part:
    """Pictures uint8 [N, size, size, channels], their classes int64 [N], and a file name for each."""

    pictures: np.ndarray
    labels: np.ndarray
    names: tuple[str, ...]

    def images(self) -> torch.Tensor:
        """All pictures as [N, channels, size, size] in [0, 1], exactly what a reader of the PNG files sees."""
        return torch.from_numpy(self.pictures).permute(0, 3, 1, 2).float().div(255).contiguous()

    def classes(self) -> torch.Tensor:
        """Their classes, int64 [N]."""
        return torch.from_numpy(self.labels)


@dataclass(frozen=True)
class Data:
    """Ten classes of pictures; nothing of a held-out one is in the training part."""

    name: str
    classes: tuple[str, ...]
    training: Part
    heldout: Part
    source: str

    @property
    def channels(self) -> int:
        """1 for grey, 3 for RGB."""
        return self.training.pictures.shape[3]

    @property
    def size(self) -> int:
        """Height and width in pixels."""
        return self.training.pictures.shape[1]


def normalised(images: torch.Tensor) -> torch.Tensor:
    """Pixels in [0, 1] as the classifiers expect them."""
    return (images - MEAN) / DEVIATION


def enlarged(digit: np.ndarray) -> np.ndarray:
    """An 8x8 digit as 8-bit grey, resized to 32x32 by Pillow's bicubic filter: uint8 [32, 32, 1]."""
    grey = Image.fromarray(np.rint(digit * (255 / DIGIT_WHITE)).astype(np.uint8))
    return np.asarray(grey.resize((DIGIT_SIZE, DIGIT_SIZE), Image.Resampling.BICUBIC))[:, :, None]


def digits() -> Data:
    """scikit-learn's handwritten digits; the last of the file are held out."""
    held = load_digits()
    pictures = np.stack([enlarged(digit) for digit in held.images])
    labels = held.target.astype(np.int64)
    names = tuple(f"digit-{i:04}" for i in range(len(labels)))

    def part(rows: slice) -> Part:
        return Part(pictures[rows], labels[rows], names[rows])
    first = len(labels) - HELDOUT_DIGITS
    return Data("digits", tuple(map(str, held.target_names)), part(slice(first)), part(slice(first, None)),
                "scikit-learn's load_digits, 8x8, resized to 32x32 by Pillow's bicubic filter; the last 360 held out")


def cut_part(cut: Callable[[int, np.ndarray], list[photographs.Patch]], reduction: int) -> Part:
    """The patches that `cut` takes out of each photograph (index, pixels), reduced in both directions."""
    pictures, labels, names = [], [], []
    for index, photograph in enumerate(photographs.PHOTOGRAPHS):
        for patch in cut(index, photographs.pixels(photograph)):
            pictures.append(photographs.reduced(patch.pixels, reduction))
            labels.append(index)
            names.append(f"{photograph.name}-{patch.left:03}-{patch.top:03}")
    return Part(np.stack(pictures), np.array(labels, dtype=np.int64), tuple(names))


def patches(name: str, reduction: int) -> Data:
    """64x64 patches of ten photographs, the class is the photograph; `reduction` 2 shows the same at 32x32."""
    training = cut_part(lambda index, pixels: photographs.training_patches(
        pixels, np.random.default_rng([DATA_SEED, index])), reduction)
    heldout = cut_part(lambda _, pixels: photographs.heldout_patches(pixels), reduction)
    side = photographs.SIDE // reduction
    source = (f"{side}x{side} patches of ten photographs in scikit-image and scikit-learn; held out are columns of "
              f"{photographs.HELDOUT_WIDTH} pixels in every {photographs.BAND_WIDTH}")
    return Data(name, tuple(photograph.name for photograph in photographs.PHOTOGRAPHS), training, heldout, source)


MAKERS: dict[str, Callable[[], Data]] = {
    "digits": digits,
    "patches": lambda: patches("patches", 1),
    "patches-32": lambda: patches("patches-32", 2),
}


def write_part(part: Part, rows: np.ndarray, folder: Path) -> None:
    """The chosen pictures as PNG files, and labels.json: the class of each file."""
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob("*.png"):
        stale.unlink()
    for row in rows:
        picture = part.pictures[row]
        Image.fromarray(picture.squeeze(2) if picture.shape[2] == 1 else picture).save(
            folder / f"{part.names[row]}.png", optimize=True)
    lines = ",\n".join(f' "{part.names[row]}.png": {part.labels[row]}' for row in rows)
    (folder / "labels.json").write_text(f"{{\n{lines}\n}}\n")


def first_of_each(part: Part, count: int) -> np.ndarray:
    """Rows of the first `count` pictures of every class, in the part's order."""
    rows = [np.flatnonzero(part.labels == label)[:count] for label in np.unique(part.labels)]
    return np.sort(np.concatenate(rows))

"""Patches of ten freely licensed photographs, training and held-out ones from separate columns of each photograph.

Every photograph is divided from left to right into bands of 192 columns: the first 128 are for training, the next 64
are held out. What remains at the right edge is for training. No pixel is in both.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import skimage
import sklearn
from PIL import Image

SIDE = 64
BAND_WIDTH = 192
HELDOUT_WIDTH = SIDE
TRAINING_PATCHES = 400
FLAT_DEVIATION = 5.0  # of 255: a patch of less contrast shows nothing of its photograph


@dataclass(frozen=True)
class Photograph:
    """A picture in the folder of a package. `reduction` averages blocks of so many pixels in both directions."""

    name: str
    folder: Path
    file: str
    reduction: int = 1


SKIMAGE = Path(skimage.__file__).parent / "data"
SKLEARN = Path(sklearn.__file__).parent / "datasets" / "images"

PHOTOGRAPHS = (
    Photograph("astronaut", SKIMAGE, "astronaut.png"),
    Photograph("camera", SKIMAGE, "camera.png"),
    Photograph("cat", SKIMAGE, "chelsea.png"),
    Photograph("china", SKLEARN, "china.jpg"),
    Photograph("coffee", SKIMAGE, "coffee.png"),
    Photograph("flower", SKLEARN, "flower.jpg"),
    Photograph("galaxies", SKIMAGE, "hubble_deep_field.jpg", reduction=2),
    Photograph("retina", SKIMAGE, "retina.jpg", reduction=2),
    Photograph("rocket", SKIMAGE, "rocket.jpg"),
    Photograph("tissue", SKIMAGE, "ihc.png"),
)


@dataclass(frozen=True)
class Patch:
    """uint8 [64, 64, 3] and where it lies in the (reduced) photograph."""

    pixels: np.ndarray
    left: int
    top: int

    @property
    def flat(self) -> bool:
        """Whether it is nearly of one colour."""
        return float(self.pixels.reshape(-1, 3).std(axis=0).max()) < FLAT_DEVIATION


def reduced(pixels: np.ndarray, factor: int) -> np.ndarray:
    """Means of factor x factor blocks, rounded: uint8 [H / factor, W / factor, 3]."""
    return pixels if factor == 1 else np.asarray(Image.fromarray(pixels).reduce(factor))


def pixels(photograph: Photograph) -> np.ndarray:
    """uint8 [H, W, 3]; grey photographs get three equal channels."""
    picture = Image.open(photograph.folder / photograph.file).convert("RGB")
    return reduced(np.asarray(picture), photograph.reduction)


def patch_at(image: np.ndarray, left: int, top: int) -> Patch:
    """The patch with this corner."""
    return Patch(image[top:top + SIDE, left:left + SIDE], left, top)


def heldout_patches(image: np.ndarray) -> list[Patch]:
    """Side by side, one below the other, in the held-out columns; flat ones are left out."""
    height, width = image.shape[:2]
    patches = [patch_at(image, left, top) for left in range(BAND_WIDTH - HELDOUT_WIDTH, width - SIDE + 1, BAND_WIDTH)
               for top in range(0, height - SIDE + 1, SIDE)]
    return [patch for patch in patches if not patch.flat]


def training_patches(image: np.ndarray, generator: np.random.Generator) -> list[Patch]:
    """400 different patches at random places that touch no held-out column; they overlap each other."""
    height, width = image.shape[:2]
    lefts = [x for x in range(width - SIDE + 1) if x % BAND_WIDTH <= BAND_WIDTH - HELDOUT_WIDTH - SIDE]
    found: dict[tuple[int, int], Patch] = {}
    while len(found) < TRAINING_PATCHES:
        patch = patch_at(image, int(generator.choice(lefts)), int(generator.integers(height - SIDE + 1)))
        if not patch.flat:
            found[patch.left, patch.top] = patch
    return list(found.values())

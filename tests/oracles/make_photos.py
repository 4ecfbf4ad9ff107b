"""Cuts the example photographs out of the freely licensed pictures that scikit-image ships."""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path

import skimage
from PIL import Image


@dataclass(frozen=True)
class Crop:
    """A square of a source picture: left edge, top edge, side, in pixels."""

    name: str
    source: str
    left: int
    top: int
    side: int


SMALL = [
    Crop("astronaut", "astronaut.png", 0, 0, 512),
    Crop("astronaut-face", "astronaut.png", 140, 10, 180),
    Crop("astronaut-patch", "astronaut.png", 115, 335, 110),
    Crop("astronaut-shuttle", "astronaut.png", 340, 0, 172),
    Crop("astronaut-helmet", "astronaut.png", 280, 330, 182),
    Crop("cat", "chelsea.png", 75, 0, 300),
    Crop("cat-left-eye", "chelsea.png", 115, 60, 110),
    Crop("cat-right-eye", "chelsea.png", 270, 85, 100),
    Crop("cat-nose", "chelsea.png", 200, 180, 120),
    Crop("coffee", "coffee.png", 100, 0, 400),
    Crop("coffee-cup", "coffee.png", 170, 10, 240),
    Crop("coffee-spoon", "coffee.png", 305, 220, 120),
    Crop("coffee-table", "coffee.png", 440, 20, 150),
    Crop("rocket", "rocket.jpg", 110, 0, 427),
    Crop("rocket-top", "rocket.jpg", 235, 100, 180),
    Crop("rocket-lights", "rocket.jpg", 95, 287, 140),
    Crop("galaxy", "hubble_deep_field.jpg", 64, 342, 120),
    Crop("retina", "retina.jpg", 0, 0, 1411),
    Crop("retina-disc", "retina.jpg", 88, 513, 300),
    Crop("camera", "camera.png", 0, 0, 512),
    Crop("camera-head", "camera.png", 140, 50, 170),
    Crop("coin", "coins.png", 300, 142, 80),
    Crop("brick", "brick.png", 100, 200, 180),
    Crop("gravel", "gravel.png", 50, 50, 90),
]

LARGE = [crop for crop in SMALL if crop.name in ("astronaut", "cat", "coffee", "rocket")]


def cut(crop: Crop, size: int) -> Image.Image:
    """The crop, resized to size x size RGB."""
    folder = Path(skimage.__file__).parent / "data"
    picture = Image.open(folder / crop.source).convert("RGB")
    box = (crop.left, crop.top, crop.left + crop.side, crop.top + crop.side)
    if box[2] > picture.width or box[3] > picture.height:
        raise ValueError(f"{crop.name}: {box} lies outside {picture.size}")
    return picture.resize((size, size), Image.Resampling.LANCZOS, box)


def main() -> None:
    """Write every photograph."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    for crop in SMALL:
        cut(crop, 32).save(folder / f"{crop.name}.png", optimize=True)
    for crop in LARGE:
        cut(crop, 224).save(folder / f"{crop.name}-224.png", optimize=True)


if __name__ == "__main__":
    main()

"""Batches of held-out pictures from build/models, what clients send of them, and attacks on it by the command."""

from __future__ import annotations

import json
import os
import random
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

MODELS = Path("build/models")
WORK = Path("build/studies")
NORMALIZATION = {"digits": ("0.5", "0.25"), "patches-32": ("0.5,0.5,0.5", "0.25,0.25,0.25")}


@dataclass(frozen=True)
class Network:
    """A classifier of build/models: the pictures it takes and its file."""

    data: str
    name: str

    @property
    def path(self) -> str:
        """The ONNX file."""
        return str(MODELS / self.data / f"{self.name}.onnx")

    def normalization(self) -> list[str]:
        """The options that say how pixels were normalised."""
        mean, deviation = NORMALIZATION[self.data]
        return ["--mean", mean, "--std", deviation]


@dataclass(frozen=True)
class Batch:
    """Private pictures and their classes."""

    number: int
    files: tuple[str, ...]
    labels: tuple[int, ...]

    def joined_labels(self) -> str:
        """As the command takes them."""
        return ",".join(map(str, self.labels))


def draw_batches(data: str, size: int, count: int, seed: int) -> list[Batch]:
    """Disjoint batches of held-out pictures. Classes are distinct as long as there are enough of them."""
    folder = MODELS / data / "heldout"
    by_class: dict[int, list[str]] = {}
    for name, label in json.loads((folder / "labels.json").read_text()).items():
        by_class.setdefault(label, []).append(str(folder / name))
    chance = random.Random(seed)
    for files in by_class.values():
        chance.shuffle(files)
    batches = []
    for number in range(count):
        chosen: list[tuple[str, int]] = []
        while len(chosen) < size:
            classes = [label for label in sorted(by_class) if by_class[label]]
            for label in chance.sample(classes, min(size - len(chosen), len(classes))):
                chosen.append((by_class[label].pop(), label))
        batches.append(Batch(number, tuple(file for file, _ in chosen), tuple(label for _, label in chosen)))
    return batches


class Command:
    """The palimpsest executable, one thread a process."""

    def __init__(self, path: str) -> None:
        self.path = path

    def run(self, *arguments: str) -> dict:
        """One call with --json; its data. Ends the study when the call fails."""
        ended = subprocess.run([self.path, *arguments, "--json"], capture_output=True, text=True,
                               env=os.environ | {"OMP_NUM_THREADS": "1", "OMP_WAIT_POLICY": "passive"})
        if ended.returncode:
            raise SystemExit(f"{' '.join(arguments)}\nended with {ended.returncode}:\n{ended.stdout}{ended.stderr}")
        return json.loads(ended.stdout)["data"]

    def version(self) -> str:
        """As --version prints it, without the name."""
        said = subprocess.run([self.path, "--version"], capture_output=True, text=True, check=True).stdout
        return said.strip().removeprefix("palimpsest ")

    def simulate(self, network: Network, batch: Batch, out: Path, *options: str) -> Path:
        """What the client sends of a batch; beside it what it would reveal of its statistics."""
        out.parent.mkdir(parents=True, exist_ok=True)
        self.run("simulate", network.path, "--batch", str(len(batch.files)), "--images", *batch.files,
                 "--labels", batch.joined_labels(), "--out", str(out), *network.normalization(), *options)
        return out

    def attack(self, network: Network, batch: Batch, update: Path, folder: Path, *options: str) -> dict:
        """One run of invert, scored: PSNR, SSIM, FFT2D of each image, and which of the pool it is nearest to."""
        self.run("invert", network.path, "--batch", str(len(batch.files)), "--update", str(update), "--out", str(folder),
                 "--overwrite", "--threads", "1", "--progress", "none", *network.normalization(), *options)
        scores = self.run("eval", str(folder), "--truth", *batch.files, "--pool",
                          str(MODELS / network.data / "heldout"))
        result = json.loads((folder / "result.json").read_text())
        return {key: [image[key] for image in scores["images"]] for key in ("psnr", "ssim", "fft2d", "iip_pixels")} | {
            "objective": result["objective"], "seconds": result["wall_seconds"],
            "random_pair_psnr": scores["random_pair_psnr"], "labels": result.get("labels")}


def side_by_side(tasks: list, workers: int = 2) -> list:
    """The results of tasks without arguments, in order, a thread for each core."""
    with ThreadPoolExecutor(workers) as pool:
        return list(pool.map(lambda task: task(), tasks))

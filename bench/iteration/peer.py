"""A peer as a process of its own that answers one JSON object on stdout for each on stdin.

    {"do": "values", "gradient": FILE}   -> {"distance": D}; writes dD/dx at the first images to FILE (npy, f32)
    {"do": "run", "iterations": K}       -> {"wall": seconds, "cpu": seconds} of K iterations
    {"do": "memory"}                     -> {"loaded": bytes, "peak": bytes, "resident": bytes}
    {"do": "quit"}

Before the first answer it says {"ready": true, "versions": {...}}, or {"failed": "reason"} and ends.
"""

from __future__ import annotations

import ctypes
import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

RATE, BETA1, BETA2, EPSILON = 0.01, 0.9, 0.999, 1e-8  # Adam's, on every side


@dataclass(frozen=True)
class Case:
    """What a side is given. `target` goes by PyTorch's parameter names."""

    folder: Path
    images: np.ndarray
    labels: np.ndarray
    target: dict[str, np.ndarray]


class Side(Protocol):
    """One implementation of the matching iteration, weights and target loaded."""

    versions: dict[str, str]

    def compile(self) -> None:
        """Whatever is done once. Its memory does not count."""

    def values(self) -> tuple[float, np.ndarray]:
        """Distance and its derivative with respect to the images, at the first images."""

    def run(self, iterations: int) -> None:
        """Iterations from the present images and Adam state, all done when it returns."""


def read_case(folder: Path) -> Case:
    """The files that problems.py wrote."""
    with np.load(folder / "case.npz") as case, np.load(folder / "update.npz") as update:
        return Case(folder, case["images"], case["labels"], {name: update[name] for name in update.files})


def status_bytes(field: str) -> int:
    """A field of /proc/self/status, such as VmHWM."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(field + ":"):
            return int(line.split()[1]) * 1024
    raise KeyError(field)


def reset_peak() -> int:
    """Hands free memory back, starts VmHWM anew and returns what is resident."""
    ctypes.CDLL("libc.so.6").malloc_trim(0)
    Path("/proc/self/clear_refs").write_text("5")
    return status_bytes("VmRSS")


def timed(action: Callable[[], None]) -> dict[str, float]:
    """Seconds by the clock, and CPU seconds of all threads of this process."""
    wall, cpu = time.perf_counter(), time.process_time()
    action()
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}


def values(side: Side, path: str) -> dict:
    """Answers `values`."""
    distance, gradient = side.values()
    np.save(path, gradient)
    return {"distance": distance}


def one_line(error: BaseException) -> str:
    """The error's class and the first line that says something."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0][:300] if lines else ''}"


def serve(make: Callable[[Case], Side], folder: Path) -> None:
    """Loads, compiles, then answers until told to quit. Whatever else is printed goes to stderr."""
    channel = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)

    def answer(reply: dict) -> None:
        channel.write(json.dumps(reply) + "\n")
        channel.flush()

    try:
        side = make(read_case(folder))
        spent = timed(side.compile)
    except Exception as error:  # noqa: BLE001: a peer that cannot do the task is a result
        answer({"failed": one_line(error)})
        return
    loaded = reset_peak()
    answer({"ready": True, "versions": side.versions, "compile_seconds": spent["wall"]})
    for line in sys.stdin:
        request = json.loads(line)
        if request["do"] == "quit":
            return
        if request["do"] == "memory":
            answer({"loaded": loaded, "peak": status_bytes("VmHWM"), "resident": status_bytes("VmRSS")})
            continue
        try:
            answer(values(side, request["gradient"]) if request["do"] == "values"
                   else timed(lambda: side.run(request["iterations"])))
        except Exception as error:  # noqa: BLE001
            answer({"failed": one_line(error)})
            return

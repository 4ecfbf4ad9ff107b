"""The two sides: the palimpsest command, and the same recipe in PyTorch."""

from __future__ import annotations

import dataclasses
import json
import os
import resource
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

import attacks_torch
from experiments import Experiment
from inputs import Inputs


@dataclass
class Attempt:
    """One restart's result. Seconds include what a side does once per attack: reading, differentiating, compiling."""

    images: np.ndarray  # [batch, 3, size, size] in [0, 1]
    labels: list[int]
    objective: float
    wall_seconds: float
    cpu_seconds: float
    memory: dict[str, float]


def invert_arguments(experiment: Experiment, inputs: Inputs) -> list[str]:
    """What the command is told besides its files."""
    recipe = experiment.attack if experiment.attack in ("dlg", "idlg") else "inverting-gradients"
    arguments = ["--recipe", recipe, "--precision", experiment.precision, "--iterations", str(experiment.iterations),
                 "--restarts", "1", "--threads", str(experiment.threads), "--progress", "none", "--overwrite"]
    if recipe == "inverting-gradients":
        arguments += ["--set", f"objective.total_variation={experiment.total_variation}",
                      "--set", f"search.rate={experiment.rate}", "--labels", ",".join(map(str, inputs.labels)),
                      "--mean", ",".join(map(str, experiment.mean)), "--std", ",".join(map(str, experiment.deviation))]
    if experiment.local_steps:
        return arguments + ["--kind", "delta", "--sign", "new-minus-old", "--examples", str(experiment.batch),
                            "--steps", str(experiment.local_steps), "--lr", str(experiment.local_rate)]
    return arguments + ["--kind", "gradient"]


def children_cpu_seconds() -> float:
    """CPU time of all ended child processes."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def run_palimpsest(command: str, model: Path, experiment: Experiment, inputs: Inputs, folder: Path) -> Attempt:
    """The command as a user runs it, one process for one attack; the whole process is timed."""
    call = [command, "invert", str(model), "--update", str(inputs.update), "--start", str(inputs.start),
            "--seed", "1", "--out", str(folder), *invert_arguments(experiment, inputs)]
    wall, cpu = time.perf_counter(), children_cpu_seconds()
    # Threads that wait without spinning, as on a machine that others use too.
    environment = os.environ | {"OMP_NUM_THREADS": str(experiment.threads), "OMP_WAIT_POLICY": "passive"}
    ended = subprocess.run(call, env=environment, capture_output=True, text=True)
    if ended.returncode:
        raise SystemExit(f"{' '.join(call)}\nended with {ended.returncode}:\n{ended.stderr}")
    wall, cpu = time.perf_counter() - wall, children_cpu_seconds() - cpu
    result = json.loads((folder / "result.json").read_text())
    memory = {"predicted_bytes": result["predicted_bytes"], "peak_resident_bytes": result["peak_resident_bytes"]}
    images = np.load(folder / "recon.npz")["images"].astype(np.float64)
    return Attempt(images, result["labels"], result["objective"], wall, cpu, memory)


def run_pytorch(experiment: Experiment, inputs: Inputs, start: tuple[torch.Tensor, torch.Tensor]) -> Attempt:
    """attacks_torch.py's attack in this process; only the attack is timed."""
    problem = inputs.problem
    if experiment.attack in ("ig", "fedavg"):
        problem = dataclasses.replace(problem, labels=torch.tensor(inputs.labels))
    wall, cpu = time.perf_counter(), time.process_time()
    outcome = attacks_torch.ATTACKS[experiment.attack](problem, *start, experiment.pytorch_options())
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    images = attacks_torch.to_pixels(problem, outcome.x)
    return Attempt(images, outcome.labels.tolist(), outcome.objective, wall, cpu, {})

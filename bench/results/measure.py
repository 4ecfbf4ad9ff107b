"""Runs experiments and writes bench/results/<experiment>.json and docs/images/<experiment>.png.

    python bench/results/measure.py COMMAND [EXPERIMENT...]

COMMAND is the palimpsest executable. Each batch is attacked by both sides in turn, from the same first candidates.
"""

from __future__ import annotations

import datetime
import json
import platform
import subprocess
import sys
from pathlib import Path

import numpy as np
import torch

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "oracles"))

import attacks_torch  # noqa: E402
import inputs as inputs_of  # noqa: E402
import pictures  # noqa: E402
import sides  # noqa: E402
from experiments import EXPERIMENTS, Experiment  # noqa: E402

WORK = Path("build/results-runs")
RESULTS = Path("bench/results")


def best_of(attempts: list[sides.Attempt]) -> sides.Attempt:
    """The attempt with the least objective, which an attacker can see."""
    return min(attempts, key=lambda attempt: attempt.objective if np.isfinite(attempt.objective) else np.inf)


def describe(attempts: list[sides.Attempt], inputs: inputs_of.Inputs) -> dict:
    """One side's figures on one batch: of the best restart, and the time of all."""
    best = best_of(attempts)
    figures = attacks_torch.scores(best.images, inputs.truth)
    return figures | best.memory | {
        "objective": best.objective, "objectives": [attempt.objective for attempt in attempts],
        "labels": best.labels, "wall_seconds": sum(attempt.wall_seconds for attempt in attempts),
        "cpu_seconds": sum(attempt.cpu_seconds for attempt in attempts)}


def flat_psnr(truth: np.ndarray) -> list[float]:
    """PSNR of each image's mean colour: what a picture without any content scores."""
    return (-10 * np.log10(truth.var(axis=(2, 3)).mean(axis=1))).tolist()


def attack_batch(experiment: Experiment, command: str, model: torch.nn.Module, model_path: Path,
                 group: int) -> tuple[dict, list[np.ndarray]]:
    """Both sides on one batch: a row of the results, and truth, ours and theirs as pictures."""
    folder = model_path.parent
    inputs = inputs_of.make_inputs(experiment, model, group, folder)
    ours, theirs = [], []
    for restart in range(experiment.restarts):
        start = inputs_of.draw_start(experiment, inputs, seed=1000 * group + restart)
        ours.append(sides.run_palimpsest(command, model_path, experiment, inputs, folder / f"run-{group}"))
        if experiment.beside_pytorch:
            theirs.append(sides.run_pytorch(experiment, inputs, start))
    row = {"photos": [path.stem for path in inputs.photos], "true_labels": inputs.labels,
           "flat_psnr": flat_psnr(inputs.truth), "palimpsest": describe(ours, inputs)}
    shown = [inputs.truth, best_of(ours).images]
    if theirs:
        row["pytorch"] = describe(theirs, inputs)
        shown.append(best_of(theirs).images)
    return row, shown


def processor() -> str:
    """The processor's name as the kernel gives it."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def settings(experiment: Experiment, command: str, model: torch.nn.Module) -> dict:
    """What was run, on what, when."""
    version = subprocess.run([command, "--version"], capture_output=True, text=True, check=True).stdout.strip()
    return {
        "experiment": experiment.name, "title": experiment.title, "network": experiment.network_name,
        "parameters": sum(parameter.numel() for parameter in model.parameters()), "size": experiment.size,
        "batch": experiment.batch, "iterations": experiment.iterations, "restarts": experiment.restarts,
        "total_variation": experiment.total_variation, "local_steps": experiment.local_steps,
        "local_rate": experiment.local_rate, "threads": experiment.threads,
        "date": datetime.date.today().isoformat(), "processor": processor(),
        "versions": {"palimpsest": version.removeprefix("palimpsest "), "torch": torch.__version__.split("+")[0]}}


def measure(experiment: Experiment, command: str) -> None:
    """One experiment; its results are written after every batch."""
    folder = WORK / experiment.name
    folder.mkdir(parents=True, exist_ok=True)
    model, model_path = inputs_of.make_model(experiment, folder)
    result = {"settings": settings(experiment, command, model), "batches": []}
    shown = []
    for group in range(len(experiment.groups())):
        row, images = attack_batch(experiment, command, model, model_path, group)
        result["batches"].append(row)
        shown.append(images)
        print(experiment.name, group, {side: [round(value, 2) for value in row[side]["psnr"]]
                                       for side in ("palimpsest", "pytorch") if side in row}, flush=True)
        (RESULTS / f"{experiment.name}.json").write_text(json.dumps(result, indent=1) + "\n")
    pictures.write_grid(Path("docs/images") / f"{experiment.name}.png", shown)


def main() -> None:
    """Every experiment, or those named."""
    torch.set_num_threads(1)
    command, names = sys.argv[1], sys.argv[2:]
    if unknown := set(names) - {experiment.name for experiment in EXPERIMENTS}:
        raise SystemExit(f"no experiment named {', '.join(sorted(unknown))}")
    for experiment in EXPERIMENTS:
        if not names or experiment.name in names:
            measure(experiment, command)


if __name__ == "__main__":
    main()

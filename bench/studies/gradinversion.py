"""GradInversion's ablation in its published order, its comparison with other attacks at batch 8, and how many images of
larger batches can be told from others.

    python3 bench/studies/gradinversion.py COMMAND [ablation] [comparison] [batches]

Writes bench/studies/gradinversion.json, part by part.
"""

from __future__ import annotations

import datetime
import functools
import json
import sys
from pathlib import Path

import clients

RESULT = Path("bench/studies/gradinversion.json")
NETWORK = clients.Network("patches-32", "resnet20")
ITERATIONS, SEEDS_OF_GROUP = 400, 4
BATCHES, BATCH_SIZE, DRAW = 3, 8, 1
SIZES = {1: 8, 4: 4, 8: 3, 16: 2, 32: 1, 48: 1}  # batch size: batches

# The paper's coefficients belong to 224 pixels and a ResNet-50. Here the total variation counts more, the pixel noise
# less, and the seeds are drawn together sooner and harder.
BASE = ["--recipe", "gradinversion", "--iterations", str(ITERATIONS), "--set", "objective.matching=1e-2",
        "--set", "search.pixel_noise=0.01", "--set", "search.box=clip"]
ALONE = ["--set", "search.restarts=1", "--set", "group.form=none", "--set", "objective.group_consistency=0"]
FIDELITY = ["--set", "objective.total_variation=2e-3"]
NO_FIDELITY = ["--set", "objective.total_variation=0", "--set", "objective.image_norm=0",
               "--set", "objective.statistics=0"]
GROUP = ["--set", f"search.restarts={SEEDS_OF_GROUP}", "--set", "objective.group_consistency=0.1",
         "--set", f"group.start={ITERATIONS // 4}", "--set", "group.period=25"]
GENERATOR = ["--generator", str(clients.MODELS / "patches-32" / "generator.onnx")]


def exact(statistics: Path) -> list[str]:
    """Statistics of the batch itself."""
    return ["--batch-statistics", str(statistics), "--set", "objective.statistics_source=batch"]


def ablation(statistics: Path) -> dict[str, list[str]]:
    """Options by row, in the published order."""
    return {
        "gradient": BASE + ALONE + NO_FIDELITY,
        "+ fidelity": BASE + ALONE + FIDELITY + exact(statistics),
        "+ group, lazy mean": BASE + GROUP + FIDELITY + exact(statistics) + ["--set", "group.form=lazy-mean"],
        "+ group, registered": BASE + GROUP + FIDELITY + exact(statistics),
    }


def comparison(_: Path) -> dict[str, list[str]]:
    """The attacks that the paper compares with, and its own with the model's running statistics."""
    return {
        "Latent Projection": ["--recipe", "latent-projection", "--iterations", str(ITERATIONS), *GENERATOR],
        "DeepInversion": ["--recipe", "deepinversion", "--iterations", str(ITERATIONS), "--set", "view.roll=2",
                          "--set", "objective.total_variation=2e-3"],
        "DLG": ["--recipe", "dlg", "--iterations", str(ITERATIONS // 20)],
        "Inverting Gradients": ["--recipe", "inverting-gradients", "--iterations", str(ITERATIONS),
                                "--set", "objective.total_variation=1e-2"],
        "GradInversion, running statistics": BASE + GROUP + FIDELITY,
    }


def measure_rows(command: clients.Command, batch: clients.Batch, rows) -> dict:
    """Every row on one batch."""
    folder = clients.WORK / "gradinversion" / f"{len(batch.files)}-{batch.number}"
    statistics = folder / "statistics.npz"
    update = command.simulate(NETWORK, batch, folder / "update.npz", "--batch-statistics", str(statistics))
    measured = {}
    for name, options in rows(statistics).items():
        known = [] if name == "DLG" else ["--labels", batch.joined_labels()]
        measured[name] = command.attack(NETWORK, batch, update, folder / name.replace(" ", "-").replace(",", ""),
                                        "--seed", "1", *known, *options)
        print(len(batch.files), batch.number, name, [round(value, 2) for value in measured[name]["psnr"]], flush=True)
    return measured


def fidelity_only(statistics: Path) -> dict[str, list[str]]:
    """For larger batches: no group."""
    return {"+ fidelity": ablation(statistics)["+ fidelity"]}


def main() -> None:
    """The parts that are named, or all."""
    command, parts = clients.Command(sys.argv[1]), sys.argv[2:] or ["ablation", "comparison", "batches"]
    held = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    for part in parts:
        if part == "batches":
            batches = [batch for size, count in SIZES.items()
                       for batch in clients.draw_batches(NETWORK.data, size, count, DRAW)]
            rows = fidelity_only
        else:
            batches = clients.draw_batches(NETWORK.data, BATCH_SIZE, BATCHES, DRAW)
            rows = {"ablation": ablation, "comparison": comparison}[part]
        done = clients.side_by_side([functools.partial(measure_rows, command, batch, rows) for batch in batches])
        held[part] = [{"size": len(batch.files), "rows": row} for batch, row in zip(batches, done)]
        held["settings"] = {"version": command.version(), "date": datetime.date.today().isoformat(),
                            "iterations": ITERATIONS, "group": SEEDS_OF_GROUP}
        RESULT.write_text(json.dumps(held, indent=1) + "\n")


if __name__ == "__main__":
    main()

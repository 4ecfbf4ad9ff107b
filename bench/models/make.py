"""Trains every model of bench/models and writes models, pictures and models.json, one folder for each kind of data.

    make.py FOLDER [DATA...]
"""

from __future__ import annotations

import argparse
import datetime
import json
import platform
import sys
import time
from pathlib import Path

import numpy as np
import sklearn
import skimage
import torch
from torch import nn
from PIL import __version__ as pillow_version

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "oracles"))

import classifiers  # noqa: E402
import data as data_of  # noqa: E402
import files  # noqa: E402
import generators  # noqa: E402
from data import Data  # noqa: E402

POOL_PER_CLASS = 60
RECORD = Path(__file__).parents[1] / "results" / "models.json"


def processor() -> str:
    """The processor's name as the kernel gives it."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), platform.machine())


def describe(data: Data) -> dict:
    """What models.json says of the pictures."""
    return {"source": data.source, "classes": list(data.classes), "channels": data.channels, "size": data.size,
            "training": len(data.training.labels), "heldout": len(data.heldout.labels),
            "mean": [data_of.MEAN] * data.channels, "std": [data_of.DEVIATION] * data.channels,
            "largest_class_share_heldout": float(np.bincount(data.heldout.labels).max() / len(data.heldout.labels))}


def make_classifier(plan: classifiers.Plan, data: Data, folder: Path) -> tuple[nn.Module, list[dict]]:
    """The trained network, and of both states how often they are right."""
    rows = []
    network = classifiers.untrained(plan, data)
    for trained in (False, True):
        started = time.process_time()
        if trained:
            classifiers.train(plan, data, network)
        seconds = time.process_time() - started
        path = folder / f"{plan.name}{'' if trained else '-untrained'}.onnx"
        files.write_classifier(network, data, path)
        rows.append({"kind": "classifier", "network": plan.title, "trained": trained, "seed": plan.seed}
                    | ({"epochs": plan.epochs, "optimizer": plan.optimizer, "rate": plan.rate,
                        "cpu_seconds": round(seconds, 1)} if trained else {})
                    | files.facts(network, path)
                    | {"training_accuracy": classifiers.accuracy(network, data.training),
                       "heldout_accuracy": classifiers.accuracy(network, data.heldout)})
    return network, rows


def make_generator(plan: generators.Plan, data: Data, folder: Path, judge: nn.Module) -> dict:
    """The decoder, how near to pictures of either part it comes, and how often `judge` sees the class asked for."""
    started = time.process_time()
    decoder = generators.train(plan, data)
    seconds = time.process_time() - started
    path = folder / f"{plan.name}.onnx"
    files.write_generator(decoder, plan, path)
    shown = data_of.first_of_each(data.heldout, 2).tolist()
    known = data_of.first_of_each(data.training, 2).tolist()
    obeyed = {"class_seen": generators.class_seen(plan, decoder, judge)} if plan.conditional else {}
    return {"kind": "generator", "conditional": plan.conditional, "latent": plan.latent, "widths": list(plan.widths),
            "deviation": plan.deviation, "seed": plan.seed, "epochs": plan.epochs, "rate": plan.rate, "cpu_seconds": round(seconds, 1),
            **files.facts(decoder, path),
            "training_psnr": generators.reach(plan, decoder, data.training, known),
            "heldout_psnr": generators.reach(plan, decoder, data.heldout, shown),
            "heldout_mean_colour_psnr": generators.flat_psnr(data.heldout, shown), **obeyed}


def make(name: str, folder: Path) -> dict:
    """Everything of one kind of data: what models.json says of it."""
    data = data_of.MAKERS[name]()
    folder.mkdir(parents=True, exist_ok=True)
    data_of.write_part(data.heldout, np.arange(len(data.heldout.labels)), folder / "heldout")
    data_of.write_part(data.training, data_of.first_of_each(data.training, POOL_PER_CLASS), folder / "pool")
    rows = []
    for plan in classifiers.PLANS[name]:
        print(f"{name}/{plan.name}", flush=True)
        network, described = make_classifier(plan, data, folder)
        rows += described
        print(json.dumps(described), flush=True)
    for plan in generators.PLANS[name]:
        print(f"{name}/{plan.name}", flush=True)
        rows.append(make_generator(plan, data, folder, judge=network))
        print(json.dumps(rows[-1]), flush=True)
    return describe(data) | {"models": rows}


def versions() -> dict:
    """Where and with what the models were made; bits of weights depend on it."""
    return {"date": datetime.date.today().isoformat(), "processor": processor(), "threads": 1,
            "torch": torch.__version__.split("+")[0], "numpy": np.__version__, "pillow": pillow_version,
            "scikit-image": skimage.__version__, "scikit-learn": sklearn.__version__}


def main() -> None:
    """All data, or those named; models.json keeps what is said of the others."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("data", nargs="*", metavar="DATA", help=f"of {', '.join(data_of.MAKERS)}; default: all")
    arguments = parser.parse_args()
    if unknown := set(arguments.data) - set(data_of.MAKERS):
        parser.error(f"no data named {', '.join(sorted(unknown))}")
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for name in arguments.data or data_of.MAKERS:
        made = make(name, arguments.folder / name) | {"made": versions()}
        record = json.loads(RECORD.read_text()) if RECORD.exists() else {}
        record[name] = made
        for path in (RECORD, arguments.folder / "models.json"):
            path.write_text(json.dumps(record, indent=1) + "\n")


if __name__ == "__main__":
    main()

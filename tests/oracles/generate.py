"""Writes oracle models and golden values: <model>.<exporter>.onnx, <model>.npz, <model>.json."""

from __future__ import annotations

import argparse
import json
import math
from pathlib import Path

import numpy as np
import torch
from torch import nn

import exporters
import models
import reference
import weights

BATCH = 2
INPUT_CANDIDATES = 24

# How near an engine should come in float64. TorchScript writes Gelu as x * (erf(x / c) + 1) / 2 with c = sqrt(2)
# rounded to float32, so that file differs from the golden values, which are exact, by up to 2e-7.
FLOAT64_LIMIT = 1e-10
FLOAT64_LIMITS = {("convnext_tiny", "ts"): 1e-6}


def widest_margin_input(model: nn.Module, generator: torch.Generator, size: int) -> torch.Tensor:
    """Of some random batches, the one that stays farthest from every kink, so that float32 flips no mask."""
    candidates = [weights.grid_images(generator, BATCH, size) for _ in range(INPUT_CANDIDATES)]
    return max(candidates, key=lambda x: reference.kink_margin(model, x))


def make_case(model: nn.Module, size: int, seed: int) -> reference.Case:
    """The fixed inputs and labels of one model."""
    generator = torch.Generator().manual_seed(1000 + seed)
    x = widest_margin_input(model, generator, size)
    x_star = weights.grid_images(generator, BATCH, size)
    labels = torch.randperm(models.NUM_CLASSES, generator=generator)[:2 * BATCH]
    return reference.Case(x, labels[:BATCH].clone(), x_star, labels[BATCH:].clone())


def packed_masks(masks: list[np.ndarray]) -> np.ndarray:
    """All masks concatenated, one bit an entry, least significant bit first, in 64-bit words."""
    bits = np.concatenate(masks) if masks else np.zeros(0, bool)
    bits = np.pad(bits, (0, -len(bits) % 64))
    return np.packbits(bits, bitorder="little").view("<i8")


def write_golden(path: Path, case: reference.Case, golden: reference.Reference) -> None:
    """The npz described in tests/golden/README.md."""
    members = {
        "x": case.x.numpy(), "y": case.y.numpy(), "x_star": case.x_star.numpy(), "y_star": case.y_star.numpy(),
        "logits": golden.logits, "matching_cosine": golden.matching_cosine, "matching_l2": golden.matching_l2,
        "mask_sizes": np.array([len(mask) for mask in golden.masks], "<i8"), "masks": packed_masks(golden.masks),
    }
    members |= {f"grad/{name}": value for name, value in golden.gradients.items()}
    np.savez_compressed(path, **members)


def write_facts(path: Path, recipe: models.Recipe, model: nn.Module, golden: reference.Reference,
                float32: reference.Reference, missing: dict[str, list[str]]) -> None:
    """What a reader may want to know without opening the npz."""
    facts = {
        "model": recipe.name,
        "torch": torch.__version__.split("+")[0],
        "kink_margin": golden.margin if math.isfinite(golden.margin) else None,
        "float64_limit": {exporter: FLOAT64_LIMITS.get((recipe.name, exporter), FLOAT64_LIMIT)
                          for exporter in exporters.EXPORTERS},
        "torch_float32": reference.errors(float32, golden),
        "missing": missing,
        "parameters": {name: "x".join(map(str, value.shape)) for name, value in model.named_parameters()},
    }
    path.write_text(json.dumps(facts, indent=1) + "\n")


def generate(recipe: models.Recipe, narrow: bool, untrained: bool, folder: Path) -> None:
    """Build, fill, export and evaluate one model."""
    torch.manual_seed(recipe.seed)
    size = recipe.size if narrow else recipe.full_size
    model = (recipe.narrow if narrow else recipe.full)().eval()
    if untrained:
        weights.round_epsilons(model)
    else:
        weights.prepare(model, recipe.name, size, recipe.seed)
    case = make_case(model, size, recipe.seed)
    missing = {}
    for exporter in exporters.EXPORTERS:
        path = folder / f"{recipe.name}.{exporter}.onnx"
        exporters.export(model, case.x, path, exporter)
        missing[exporter] = exporters.missing_parameters(model, path)
    golden = reference.evaluate(model, case, torch.float64)
    float32 = reference.evaluate(model, case, torch.float32)
    write_golden(folder / f"{recipe.name}.npz", case, golden)
    write_facts(folder / f"{recipe.name}.json", recipe, model, golden, float32, missing)
    lost = {exporter: len(names) for exporter, names in missing.items()}
    size_total = sum(path.stat().st_size for path in folder.glob(f"{recipe.name}.*"))
    print(f"{recipe.name:20} {size_total / 1024:8.0f} KiB  lost {lost}  margin {golden.margin:.1e}  "
          f"float32 {reference.errors(float32, golden)}", flush=True)


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="where to write")
    parser.add_argument("--full", action="store_true", help="full-width models (not committed: hundreds of megabytes)")
    parser.add_argument("--untrained", action="store_true",
                        help="PyTorch's own initialisation and statistics, as papers attack it")
    parser.add_argument("--models", nargs="*", metavar="NAME", help="only these")
    return parser.parse_args()


def main() -> None:
    """Write every chosen model."""
    arguments = parse_arguments()
    arguments.folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    for recipe in models.all_recipes():
        if not arguments.models or recipe.name in arguments.models:
            generate(recipe, not arguments.full, arguments.untrained, arguments.folder)


if __name__ == "__main__":
    main()

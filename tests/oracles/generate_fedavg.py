"""Golden values of multi-step updates: <model>.npz beside the single-step goldens' models."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import nn

import attacks_torch
import generate
import models
import reference
import weights

MODELS = ("lenet", "resnet20")
STEPS = 3
RATE = 0.05
LOCAL_BATCH = 1


def golden_members(model: nn.Module, case: reference.Case) -> dict[str, np.ndarray]:
    """The update at (x, y) and the derivatives of its distances to the update at (x_star, y_star)."""
    problem = attacks_torch.Problem(model, [], None, torch.zeros(1), torch.ones(1))

    def update(x: torch.Tensor, y: torch.Tensor) -> list[torch.Tensor]:
        return attacks_torch.local_update(problem, x, y, STEPS, RATE, LOCAL_BATCH)

    x = case.x.double().requires_grad_(True)
    target = [tensor.detach() for tensor in update(case.x_star.double(), case.y_star)]
    trial = update(x, case.y)
    members = {}
    for name, distance in (("cosine", reference.cosine_distance), ("l2", reference.squared_distance)):
        slope, = torch.autograd.grad(distance(trial, target), x, retain_graph=True)
        members[f"matching_{name}"] = slope.contiguous().numpy()
    for (name, _), tensor in zip(model.named_parameters(), trial):
        members[f"update/{name}"] = np.ascontiguousarray(tensor.detach().numpy())
    return members


def main() -> None:
    """Write every golden."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    folder.mkdir(parents=True, exist_ok=True)
    torch.set_num_threads(1)
    for recipe in models.all_recipes():
        if recipe.name not in MODELS:
            continue
        model = weights.prepare(recipe.narrow(), recipe.name, recipe.size, recipe.seed)
        case = generate.make_case(model, recipe.size, recipe.seed)
        np.savez_compressed(
            folder / f"{recipe.name}.npz", x=case.x.numpy(), y=case.y.numpy(), x_star=case.x_star.numpy(),
            y_star=case.y_star.numpy(), local_steps=np.array(STEPS, "<i8"), local_rate=np.array(RATE, "<f8"),
            local_batch=np.array(LOCAL_BATCH, "<i8"), **golden_members(model.double(), case))


if __name__ == "__main__":
    main()

"""The files both sides attack: a model, the update a client sends for some photographs, first candidates."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

import attacks_torch
import exporters
import make_quickstart
import reference
import weights
from experiments import Experiment

PHOTOS = Path("examples/photos")
MODEL_SEED = 1


@dataclass(frozen=True)
class Inputs:
    """One attacked batch. `start` holds `images` [batch, 3, size, size] and `target_logits` [batch, classes]."""

    problem: attacks_torch.Problem  # labels are None: the attacks that may not know them find them
    labels: list[int]
    photos: list[Path]
    truth: np.ndarray  # [batch, 3, size, size] in [0, 1]
    update: Path
    start: Path


def make_model(experiment: Experiment, folder: Path) -> tuple[torch.nn.Module, Path]:
    """The seeded network in eval mode, and its ONNX file from the TorchScript exporter as docs/export.md advises."""
    torch.manual_seed(MODEL_SEED)
    model = experiment.network().eval()
    weights.round_epsilons(model)
    if experiment.uniform_weights:
        weights.uniform_weights(model, torch.Generator().manual_seed(MODEL_SEED))
    path = folder / "model.onnx"
    exporters.export(model, torch.zeros(1, 3, experiment.size, experiment.size), path, "ts")
    if lost := exporters.missing_parameters(model, path):
        raise SystemExit(f"{path}: the exporter lost {', '.join(lost)}")
    return model, path


def make_update(experiment: Experiment, model: torch.nn.Module, x: torch.Tensor,
                labels: torch.Tensor) -> list[torch.Tensor]:
    """What the client sends: the gradient, or new minus old weights after local steps on one image each."""
    if not experiment.local_steps:
        return reference.parameter_gradients(model, x, labels, create_graph=False)
    problem = attacks_torch.Problem(model, [], labels, *experiment.per_channel())
    return attacks_torch.local_update(problem, x, labels, experiment.local_steps, experiment.local_rate, batch=1)


def make_inputs(experiment: Experiment, model: torch.nn.Module, group: int, folder: Path) -> Inputs:
    """The update and the first candidates of one batch, written to `folder` and held for PyTorch."""
    photos = [PHOTOS / f"{name}.png" for name in experiment.groups()[group]]
    pixels = torch.cat([make_quickstart.read_image(path) for path in photos])
    mean, deviation = experiment.per_channel()
    labels = experiment.labels(group)
    update = [tensor.detach() for tensor in
              make_update(experiment, model, (pixels - mean) / deviation, torch.tensor(labels))]
    update_path = folder / f"update-{group}.npz"
    names = [name for name, _ in model.named_parameters()]
    np.savez(update_path, **{name: np.ascontiguousarray(value.numpy()) for name, value in zip(names, update)})
    problem = attacks_torch.Problem(model, update, None, mean, deviation)
    return Inputs(problem, labels, photos, pixels.double().numpy(), update_path, folder / f"start-{group}.npz")


def draw_start(experiment: Experiment, inputs: Inputs, seed: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Standard normal first candidates; the file holds the logits only where the attack searches for them."""
    generator = torch.Generator().manual_seed(seed)
    images = torch.randn(inputs.truth.shape, generator=generator)
    logits = torch.randn(len(inputs.labels), inputs.problem.observed[-1].numel(), generator=generator)
    members = {"images": images.numpy()}
    if experiment.attack == "dlg":
        members["target_logits"] = logits.numpy()
    np.savez(inputs.start, **members)
    return images, logits

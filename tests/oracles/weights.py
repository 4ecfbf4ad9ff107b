"""Seeded random weights under which a network behaves like a trained one."""

from __future__ import annotations

import numpy as np
import torch
from torch import nn

CALIBRATION_BATCHES = 4


def grid_images(generator: torch.Generator, batch: int, size: int) -> torch.Tensor:
    """Images with values k/128 - 1: exact in float32, and they compress."""
    levels = torch.randint(0, 257, (batch, 3, size, size), generator=generator)
    return levels.to(torch.float32) / 128 - 1


def uniform_weights(model: nn.Module, generator: torch.Generator, bound: float = 0.5) -> None:
    """Every parameter ~ U(-bound, bound), the initialisation of Deep Leakage from Gradients."""
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_((2 * torch.rand(parameter.shape, generator=generator) - 1) * bound)


def scaled_weights(model: nn.Module, generator: torch.Generator) -> None:
    """He-scaled weights, scales near 1 and offsets near 0: no two tensors are equal, none is constant."""
    def normal(shape: torch.Size, mean: float, deviation: float) -> torch.Tensor:
        return mean + deviation * torch.randn(shape, generator=generator)

    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1 and not name.endswith("layer_scale"):
                parameter.copy_(normal(parameter.shape, 0.0, (2 / parameter[0].numel()) ** 0.5))
            elif name.endswith("bias"):
                parameter.copy_(normal(parameter.shape, 0.0, 0.1))
            else:
                parameter.copy_(normal(parameter.shape, 1.0, 0.15).clamp(0.3, 1.7))


def calibrate_statistics(model: nn.Module, generator: torch.Generator, size: int) -> None:
    """Running statistics as training leaves them: near the data's own, but not equal to them."""
    norms = [module for module in model.modules() if isinstance(module, nn.BatchNorm2d)]
    if not norms:
        return
    for norm in norms:
        norm.reset_running_stats()
        norm.momentum = None
    model.eval()
    for norm in norms:
        norm.train()
    with torch.no_grad():
        for _ in range(CALIBRATION_BATCHES):
            model(grid_images(generator, 8, size))
        for norm in norms:
            shape = norm.running_mean.shape
            norm.running_mean += 0.1 * norm.running_var.sqrt() * torch.randn(shape, generator=generator)
            norm.running_var *= torch.empty(shape).uniform_(0.8, 1.25, generator=generator)
            norm.running_var += 1e-3


def round_epsilons(model: nn.Module) -> None:
    """Every normalisation's epsilon as float32 holds it, which is how ONNX stores it."""
    for module in model.modules():
        if isinstance(module, (nn.BatchNorm2d, nn.LayerNorm)):
            module.eps = float(np.float32(module.eps))


def prepare(model: nn.Module, name: str, size: int, seed: int) -> nn.Module:
    """Fill `model` from `seed` and put it in eval mode."""
    generator = torch.Generator().manual_seed(seed)
    round_epsilons(model)
    if name == "lenet":
        uniform_weights(model, generator)
    else:
        scaled_weights(model, generator)
    calibrate_statistics(model, generator, size)
    return model.eval()

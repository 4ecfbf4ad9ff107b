"""What PyTorch says: logits, parameter gradients and matching gradients of one model."""

from __future__ import annotations

import contextlib
import copy
from dataclasses import dataclass
from unittest import mock

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode


@dataclass(frozen=True)
class Case:
    """One matching problem: the dummy batch (x, y) and the batch (x_star, y_star) behind the target gradient."""

    x: torch.Tensor
    y: torch.Tensor
    x_star: torch.Tensor
    y_star: torch.Tensor


@dataclass(frozen=True)
class Reference:
    """Everything an engine is compared with, in one precision."""

    logits: np.ndarray
    gradients: dict[str, np.ndarray]
    matching_cosine: np.ndarray
    matching_l2: np.ndarray
    masks: list[np.ndarray]
    target_masks: list[np.ndarray]
    margin: float


class KinkRecorder(TorchDispatchMode):
    """Records, for each activation with kinks, in order, which side every input is on and how near a kink one came.

    Sides: above the lower kink and, where there are two, below the upper one.
    """

    KINKS = {"relu": (0.0,), "hardtanh": None, "hardswish": (-3.0, 3.0)}

    def __init__(self) -> None:
        super().__init__()
        self.masks: list[np.ndarray] = []
        self.margin = float("inf")

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        name = func.overloadpacket.__name__.removesuffix("_")
        if name in self.KINKS:
            self.record(args[0].detach(), self.KINKS[name] or args[1:])
        return func(*args, **(kwargs or {}))

    def record(self, value: torch.Tensor, kinks: tuple[float, ...]) -> None:
        """`kinks` holds the lower kink and, where there is one, the upper."""
        mask = value > kinks[0]
        if len(kinks) > 1:
            mask = mask & (value < kinks[1])
        self.masks.append(mask.numpy().ravel())
        for kink in kinks:
            self.margin = min(self.margin, (value - kink).abs().min().item())


ONE_SIXTH = float(np.float32(1 / 6))


def hardsigmoid(x: torch.Tensor, inplace: bool = False) -> torch.Tensor:
    """Hardsigmoid by parts, since PyTorch's own has no second derivative; slope 1/6 in float32, as ONNX stores it."""
    return functional.hardtanh(x * ONE_SIXTH + 0.5, 0.0, 1.0)


def differentiable_twice() -> contextlib.AbstractContextManager:
    """Inside this context models use the hardsigmoid above."""
    return mock.patch.object(functional, "hardsigmoid", hardsigmoid)


def parameter_gradients(model: nn.Module, x: torch.Tensor, y: torch.Tensor, create_graph: bool) -> list[torch.Tensor]:
    """Gradients of the mean cross-entropy with respect to every parameter."""
    loss = functional.cross_entropy(model(x), y)
    return list(torch.autograd.grad(loss, list(model.parameters()), create_graph=create_graph))


def cosine_distance(left: list[torch.Tensor], right: list[torch.Tensor]) -> torch.Tensor:
    """1 - <a, b> / (|a| |b|) over all tensors concatenated."""
    def dot(a: list[torch.Tensor], b: list[torch.Tensor]) -> torch.Tensor:
        return sum((p * q).sum() for p, q in zip(a, b))
    return 1 - dot(left, right) / (dot(left, left).sqrt() * dot(right, right).sqrt())


def squared_distance(left: list[torch.Tensor], right: list[torch.Tensor]) -> torch.Tensor:
    """Sum of squared differences over all tensors."""
    return sum(((p - q) ** 2).sum() for p, q in zip(left, right))


def kink_margin(model: nn.Module, x: torch.Tensor) -> float:
    """The smallest distance of any activation's input from a kink, in float64."""
    with torch.no_grad(), differentiable_twice(), KinkRecorder() as recorder:
        copy.deepcopy(model).double()(x.double())
    return recorder.margin


def evaluate(model: nn.Module, case: Case, dtype: torch.dtype) -> Reference:
    """Run the whole reference computation in `dtype`."""
    model = copy.deepcopy(model).to(dtype)
    x = case.x.to(dtype).detach().requires_grad_(True)
    with torch.no_grad(), differentiable_twice(), KinkRecorder() as recorder:
        logits = model(x)
    with torch.no_grad(), differentiable_twice(), KinkRecorder() as target_recorder:
        model(case.x_star.to(dtype))
    with differentiable_twice():
        target = parameter_gradients(model, case.x_star.to(dtype), case.y_star, create_graph=False)
        gradients = parameter_gradients(model, x, case.y, create_graph=True)
        matching = [
            torch.autograd.grad(distance(gradients, target), x, retain_graph=True)[0].contiguous().numpy()
            for distance in (cosine_distance, squared_distance)]
    names = [name for name, _ in model.named_parameters()]
    values = [np.ascontiguousarray(gradient.detach().numpy()) for gradient in gradients]
    return Reference(logits.numpy(), dict(zip(names, values)), *matching, recorder.masks,
                     target_recorder.masks, recorder.margin)


def relative_error(value: np.ndarray, reference: np.ndarray) -> float:
    """|value - reference| / |reference| in the Euclidean norm."""
    reference = reference.astype(np.float64)
    return float(np.linalg.norm(value.astype(np.float64) - reference) / np.linalg.norm(reference))


def errors(value: Reference, reference: Reference) -> dict[str, float | int]:
    """Relative errors of `value`; numbers of activation inputs on another side of a kink, at x and at x_star."""
    def flat(of: Reference) -> np.ndarray:
        return np.concatenate([gradient.ravel() for gradient in of.gradients.values()])

    def flips(left: list[np.ndarray], right: list[np.ndarray]) -> int:
        return sum(int((a != b).sum()) for a, b in zip(left, right))
    return {
        "logits": relative_error(value.logits, reference.logits),
        "gradients": relative_error(flat(value), flat(reference)),
        "matching_cosine": relative_error(value.matching_cosine, reference.matching_cosine),
        "matching_l2": relative_error(value.matching_l2, reference.matching_l2),
        "mask_flips": flips(value.masks, reference.masks),
        "target_flips": flips(value.target_masks, reference.target_masks),
    }

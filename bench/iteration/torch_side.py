"""PyTorch as a peer: python bench/iteration/torch_side.py FOLDER PROBLEM VARIANT THREADS, then peer.py's protocol."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from torch.func import functional_call, grad, jvp
from torch.nn import functional

import peer
import problems

Tensors = dict[str, torch.Tensor]


class TorchSide:
    """What all variants share: weights, target, images, Adam. `matching` maps images to (D, dD/dx)."""

    def __init__(self, case: peer.Case, problem: problems.Problem, channels_last: bool) -> None:
        self.versions = {"torch": torch.__version__}
        layout = torch.channels_last if channels_last else torch.contiguous_format
        self.model = problems.load_model(problem, case.folder).to(memory_format=layout)
        self.labels = torch.from_numpy(case.labels)
        self.target = {name: torch.from_numpy(value) for name, value in case.target.items()}
        if channels_last:
            self.target = {name: value.to(memory_format=layout) if value.dim() == 4 else value
                           for name, value in self.target.items()}
        self.target_norm = sum((value * value).sum() for value in self.target.values()).sqrt()
        self.first = torch.from_numpy(case.images).to(memory_format=layout)
        self.images = self.first.clone(memory_format=torch.preserve_format).requires_grad_(True)
        self.optimizer = torch.optim.Adam([self.images], lr=peer.RATE, betas=(peer.BETA1, peer.BETA2),
                                          eps=peer.EPSILON)
        self.prepare()

    def prepare(self) -> None:
        """What a variant does once."""

    def compile(self) -> None:
        """Nothing, but for compiling variants."""

    def distance(self, gradients: Tensors) -> torch.Tensor:
        """1 - cosine over all parameters jointly."""
        product = sum((gradients[name] * value).sum() for name, value in self.target.items())
        norm = sum((gradients[name] * gradients[name]).sum() for name in self.target).sqrt()
        return 1 - product / (norm * self.target_norm)

    def matching(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """D [] and dD/dx at `images`, a leaf that requires its gradient."""
        raise NotImplementedError

    def values(self) -> tuple[float, np.ndarray]:
        distance, gradient = self.matching(self.first.clone().requires_grad_(True))
        return distance.item(), np.ascontiguousarray(gradient.detach().numpy())

    def run(self, iterations: int) -> None:
        for _ in range(iterations):
            self.images.grad = self.matching(self.images)[1].detach()
            self.optimizer.step()


class DoubleBackward(TorchSide):
    """The form everybody writes: autograd.grad with a graph, then autograd.grad(D, x)."""

    def gradients(self, images: torch.Tensor) -> Tensors:
        """All parameter gradients, with their graph."""
        loss = functional.cross_entropy(self.model(images), self.labels)
        names, parameters = zip(*self.model.named_parameters())
        return dict(zip(names, torch.autograd.grad(loss, parameters, create_graph=True)))

    def matching(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        distance = self.distance(self.gradients(images))
        return distance, torch.autograd.grad(distance, images)[0]


class Backward(DoubleBackward):
    """D.backward(), which also accumulates into every parameter's .grad."""

    def matching(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        images.grad = None
        self.model.zero_grad()
        distance = self.distance(self.gradients(images))
        distance.backward()
        return distance, images.grad


class Functional(TorchSide):
    """torch.func: the gradient of the distance of the gradient, as one pure function of the images."""

    def prepare(self) -> None:
        self.parameters = {name: value.detach() for name, value in self.model.named_parameters()}
        self.matching_function: Callable = torch.func.grad_and_value(self.distance_at)

    def loss(self, parameters: Tensors, images: torch.Tensor) -> torch.Tensor:
        """Mean cross-entropy with the known labels."""
        return functional.cross_entropy(functional_call(self.model, parameters, (images,)), self.labels)

    def distance_at(self, images: torch.Tensor, parameters: Tensors) -> torch.Tensor:
        """D as a function of the images."""
        return self.distance(grad(self.loss)(parameters, images))

    def matching(self, images: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        gradient, distance = self.matching_function(images.detach(), self.parameters)
        return distance, gradient


class Compiled(Functional):
    """torch.compile over what another variant calls."""

    def prepare(self) -> None:
        super().prepare()
        self.matching_function = torch.compile(self.matching_function, fullgraph=True)

    def compile(self) -> None:
        self.values()  # the first calls compile
        self.run(2)


class CompiledFunctional(Compiled, Functional):
    """torch.compile over the nested torch.func.grad."""


class ForwardOverReverse(Functional):
    """dD/dx as the tangent of dL/dx along v = dD/dg, by torch.func.jvp."""

    def prepare(self) -> None:
        super().prepare()
        self.matching_function = self.forward_over_reverse

    def forward_over_reverse(self, images: torch.Tensor, parameters: Tensors) -> tuple[torch.Tensor, torch.Tensor]:
        """(dD/dx, D)."""
        gradients = grad(self.loss)(parameters, images)
        direction, distance = torch.func.grad_and_value(self.distance)(gradients)
        along = jvp(lambda held: grad(self.loss, argnums=1)(held, images), (parameters,), (direction,))
        return along[1], distance


class CompiledForwardOverReverse(Compiled, ForwardOverReverse):
    """torch.compile over the same."""


VARIANTS = {
    "eager": (DoubleBackward, False), "eager-channels-last": (DoubleBackward, True),
    "backward": (Backward, False), "func": (Functional, False), "func-compile": (CompiledFunctional, False),
    "for": (ForwardOverReverse, False), "for-compile": (CompiledForwardOverReverse, False),
}


def main() -> None:
    """Serve one variant."""
    folder, name, variant, threads = sys.argv[1:]
    torch.set_num_threads(int(threads))
    torch.set_num_interop_threads(1)
    kind, channels_last = VARIANTS[variant]
    peer.serve(lambda case: kind(case, problems.find(name), channels_last), Path(folder) / name)


if __name__ == "__main__":
    main()

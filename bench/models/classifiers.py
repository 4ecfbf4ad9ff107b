"""Training of classifiers: seeded, one thread, cross-entropy, a rate that falls along a cosine to zero."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

import networks
import weights
from data import Data, Part, normalised

BATCH = 64
MOMENTUM, DECAY = 0.9, 5e-4


@dataclass(frozen=True)
class Plan:
    """A network, and how long it is trained. `optimizer` is "sgd" (momentum, weight decay) or "adam"."""

    name: str
    title: str
    build: Callable[[int], nn.Module]
    epochs: int
    rate: float
    optimizer: str = "sgd"
    seed: int = 1


PLANS: dict[str, tuple[Plan, ...]] = {
    "digits": (Plan("lenet", "LeNet", networks.lenet, epochs=60, rate=3e-3, optimizer="adam"),
               Plan("resnet20", "ResNet-20", networks.resnet20, epochs=8, rate=0.1)),
    "patches-32": (Plan("resnet20", "ResNet-20", networks.resnet20, epochs=8, rate=0.1),),
    "patches": (Plan("resnet18", "ResNet-18", networks.resnet18, epochs=3, rate=0.05),),
}


def untrained(plan: Plan, data: Data) -> nn.Module:
    """The network as its seed makes it, with PyTorch's own initialisation, in eval mode."""
    torch.manual_seed(plan.seed)
    network = plan.build(data.channels).eval()
    weights.round_epsilons(network)
    return network


def make_optimizer(plan: Plan, network: nn.Module) -> torch.optim.Optimizer:
    """As the plan says."""
    if plan.optimizer == "adam":
        return torch.optim.Adam(network.parameters(), plan.rate)
    return torch.optim.SGD(network.parameters(), plan.rate, MOMENTUM, weight_decay=DECAY, nesterov=False)


def train(plan: Plan, data: Data, network: nn.Module) -> None:
    """Changes `network` in place and leaves it in eval mode."""
    images, labels = normalised(data.training.images()), data.training.classes()
    optimizer = make_optimizer(plan, network)
    batches = len(labels) // BATCH  # what is left of an epoch's order is left out
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, plan.epochs * batches)
    generator = torch.Generator().manual_seed(plan.seed)
    network.train()
    for epoch in range(plan.epochs):
        order = torch.randperm(len(labels), generator=generator)
        total = 0.0
        for rows in order[:batches * BATCH].split(BATCH):
            loss = functional.cross_entropy(network(images[rows]), labels[rows])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"  epoch {epoch + 1}/{plan.epochs}: loss {total / batches:.4f}", flush=True)
    network.eval()


def accuracy(network: nn.Module, part: Part) -> float:
    """Share of pictures whose highest logit is that of their class."""
    images, labels = normalised(part.images()), part.classes()
    with torch.no_grad():
        found = torch.cat([network(rows).argmax(1) for rows in images.split(256)])
    return (found == labels).double().mean().item()

"""What is measured: each experiment's network, photographs, attack and budget."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace

import torch
from torch import nn

import models

CIFAR_MEAN, CIFAR_DEVIATION = (0.4914, 0.4822, 0.4465), (0.2470, 0.2435, 0.2616)
IMAGENET_MEAN, IMAGENET_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)

# Twenty crops that are not each other's parts as far as the set allows; ten for the costlier attacks.
TEN_PHOTOS = ("astronaut", "cat", "coffee", "rocket", "galaxy", "retina", "camera", "coin", "brick", "gravel")
TWENTY_PHOTOS = TEN_PHOTOS + (
    "astronaut-face", "astronaut-patch", "astronaut-shuttle", "astronaut-helmet", "cat-left-eye", "cat-nose",
    "coffee-cup", "coffee-spoon", "rocket-lights", "camera-head")


@dataclass(frozen=True)
class Experiment:
    """One table of docs/results.md. Every batch of `batch` photographs is attacked `restarts` times by both sides."""

    name: str
    title: str
    attack: str  # of attacks_torch.py: dlg, idlg, ig, fedavg
    network: Callable[[], nn.Module]
    network_name: str
    photos: tuple[str, ...]
    iterations: int
    batch: int = 1
    size: int = 32
    restarts: int = 1
    uniform_weights: bool = False
    mean: tuple[float, ...] = (0.0,)
    deviation: tuple[float, ...] = (1.0,)
    total_variation: float = 0.0
    rate: float = 0.1
    local_steps: int = 0
    local_rate: float = 0.01
    beside_pytorch: bool = True
    threads: int = 1
    precision: str = "full"

    def groups(self) -> list[tuple[str, ...]]:
        """The photographs of each attacked batch."""
        return [self.photos[i:i + self.batch] for i in range(0, len(self.photos), self.batch)]

    def labels(self, group: int) -> list[int]:
        """The true classes of a batch: arbitrary, fixed, distinct within it."""
        return [(3 + 7 * (group * self.batch + i)) % models.NUM_CLASSES for i in range(self.batch)]

    def pytorch_options(self) -> SimpleNamespace:
        """What attacks_torch.py's attacks read from the command line. One image at a time is trained on."""
        return SimpleNamespace(attack=self.attack, iterations=self.iterations, rate=self.rate, signed=True,
                               tv=self.total_variation, local_steps=self.local_steps, local_rate=self.local_rate,
                               local_batch=1)

    def per_channel(self) -> tuple[torch.Tensor, torch.Tensor]:
        """Mean and deviation as [1, channels or 1, 1, 1]."""
        return tuple(torch.tensor(values).reshape(1, -1, 1, 1) for values in (self.mean, self.deviation))


def torchvision_resnet18() -> nn.Module:
    """ResNet-18 with torchvision's own initialisation and 1,000 classes."""
    return models.zoo.resnet18()


CIFAR = {"mean": CIFAR_MEAN, "deviation": CIFAR_DEVIATION}

EXPERIMENTS = [
    Experiment("dlg", "Deep Leakage from Gradients", "dlg", models.LeNet, "LeNet, weights U(-0.5, 0.5)",
               TWENTY_PHOTOS, iterations=150, uniform_weights=True),
    Experiment("idlg", "iDLG", "idlg", models.LeNet, "LeNet, weights U(-0.5, 0.5)",
               TWENTY_PHOTOS, iterations=150, uniform_weights=True),
    Experiment("fedavg", "Inverting Gradients on a FedAvg update", "fedavg", lambda: models.ConvNet(16),
               "ConvNet, width 16", ("astronaut", "cat", "coffee", "rocket"), iterations=600, batch=4,
               total_variation=1e-4, local_steps=4, **CIFAR),
    Experiment("resnet18", "ResNet-18 at 224x224", "ig", torchvision_resnet18, "torchvision's ResNet-18, untrained",
               ("cat-224",), iterations=200, size=224, total_variation=1e-1, beside_pytorch=False, threads=2,
               mean=IMAGENET_MEAN, deviation=IMAGENET_DEVIATION),
    Experiment("ig-resnet20", "Inverting Gradients, ResNet-20", "ig", models.CifarResNet, "ResNet-20",
               TEN_PHOTOS, iterations=600, total_variation=1e-4, **CIFAR),
    Experiment("ig-convnet", "Inverting Gradients, ConvNet", "ig", lambda: models.ConvNet(16), "ConvNet, width 16",
               TEN_PHOTOS, iterations=500, total_variation=1e-4, **CIFAR),
]

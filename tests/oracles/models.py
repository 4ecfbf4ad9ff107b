"""Convolutional networks used as oracles: our own small ones and torchvision's zoo, full or narrow."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from unittest import mock

import torch
from torch import nn
from torchvision import models as zoo
from torchvision.models.convnext import CNBlockConfig, ConvNeXt

NUM_CLASSES = 10
IMAGE_CHANNELS = 3


class LeNet(nn.Module):
    """The network of Deep Leakage from Gradients: three sigmoid convolutions and one linear layer."""

    def __init__(self, hidden: int = 768) -> None:
        super().__init__()
        self.body = nn.Sequential(
            nn.Conv2d(IMAGE_CHANNELS, 12, 5, padding=2, stride=2), nn.Sigmoid(),
            nn.Conv2d(12, 12, 5, padding=2, stride=2), nn.Sigmoid(),
            nn.Conv2d(12, 12, 5, padding=2, stride=1), nn.Sigmoid())
        self.fc = nn.Linear(hidden, NUM_CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(torch.flatten(self.body(x), 1))


class ConvNet(nn.Module):
    """The ConvNet of Inverting Gradients: eight convolutions with batch norm, two max pools, one linear layer."""

    def __init__(self, width: int = 64) -> None:
        super().__init__()
        plan = [1, 2, 2, 4, 4, 4, "pool", 4, 4, "pool"]
        layers: list[nn.Module] = []
        channels = IMAGE_CHANNELS
        for step in plan:
            if step == "pool":
                layers.append(nn.MaxPool2d(3))
                continue
            layers += [nn.Conv2d(channels, step * width, 3, padding=1), nn.BatchNorm2d(step * width), nn.ReLU()]
            channels = step * width
        self.body = nn.Sequential(*layers)
        self.linear = nn.Linear(channels * 3 * 3, NUM_CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.linear(torch.flatten(self.body(x), 1))


class CifarBlock(nn.Module):
    """Two 3x3 convolutions and a residual; where the shape changes the residual is a 1x1 convolution."""

    def __init__(self, channels: int, planes: int, stride: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(channels, planes, 3, stride=stride, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(planes)
        self.conv2 = nn.Conv2d(planes, planes, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(planes)
        self.downsample = nn.Identity()
        if stride != 1 or channels != planes:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels, planes, 1, stride=stride, bias=False), nn.BatchNorm2d(planes))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        hidden = torch.relu(self.bn1(self.conv1(x)))
        return torch.relu(self.bn2(self.conv2(hidden)) + self.downsample(x))


class CifarResNet(nn.Module):
    """ResNet-20 for 32x32 images: three stages of three blocks, widths 16, 32, 64."""

    def __init__(self, width: int = 16, blocks: int = 3) -> None:
        super().__init__()
        self.conv1 = nn.Conv2d(IMAGE_CHANNELS, width, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        layers: list[nn.Module] = []
        channels = width
        for stage in range(3):
            for block in range(blocks):
                stride = 2 if stage > 0 and block == 0 else 1
                layers.append(CifarBlock(channels, width << stage, stride))
                channels = width << stage
        self.layers = nn.Sequential(*layers)
        self.fc = nn.Linear(channels, NUM_CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        features = self.layers(torch.relu(self.bn1(self.conv1(x))))
        return self.fc(torch.flatten(nn.functional.adaptive_avg_pool2d(features, 1), 1))


@contextlib.contextmanager
def scaled_channels(ratio: Fraction) -> Iterator[None]:
    """Inside this context every layer is built with `ratio` times the channels asked for.

    The graph stays what torchvision makes it. Image channels and classes keep their number.
    """
    def scaled(channels: int) -> int:
        return channels if channels in (1, IMAGE_CHANNELS, NUM_CLASSES) else math.ceil(channels * ratio)

    make_conv, make_norm, make_linear = nn.Conv2d.__init__, nn.BatchNorm2d.__init__, nn.Linear.__init__

    def conv(self: nn.Conv2d, inputs: int, outputs: int, *rest, groups: int = 1, **named) -> None:
        groups = scaled(groups) if groups == inputs else groups
        make_conv(self, scaled(inputs), scaled(outputs), *rest, groups=groups, **named)

    def norm(self: nn.BatchNorm2d, features: int, *rest, **named) -> None:
        make_norm(self, scaled(features), *rest, **named)

    def linear(self: nn.Linear, inputs: int, outputs: int, *rest, **named) -> None:
        make_linear(self, scaled(inputs), scaled(outputs), *rest, **named)

    with mock.patch.object(nn.Conv2d, "__init__", conv), mock.patch.object(nn.BatchNorm2d, "__init__", norm), \
            mock.patch.object(nn.Linear, "__init__", linear):
        yield


def vgg11() -> nn.Module:
    """VGG-11 whose last pool leaves one pixel, so that it takes small images."""
    model = zoo.vgg11(num_classes=NUM_CLASSES, init_weights=False)
    model.avgpool = nn.AdaptiveAvgPool2d(1)
    model.classifier[0] = nn.Linear(512, 4096)
    return model


def densenet121(growth: int, stem: int) -> nn.Module:
    """DenseNet with the 121-layer block plan."""
    return zoo.DenseNet(growth, (6, 12, 24, 16), stem, num_classes=NUM_CLASSES)


def inception_v3() -> nn.Module:
    """Inception-v3 without its auxiliary head, which an eval graph does not hold."""
    return zoo.inception_v3(num_classes=NUM_CLASSES, aux_logits=False, init_weights=False)


def convnext_tiny(width: int) -> nn.Module:
    """ConvNeXt with the block plan of Tiny; `width` is the first stage's channel count (96 in Tiny)."""
    widths = [width, 2 * width, 4 * width, 8 * width, None]
    plan = [CNBlockConfig(widths[i], widths[i + 1], depth) for i, depth in enumerate((3, 3, 9, 3))]
    return ConvNeXt(plan, stochastic_depth_prob=0.1, num_classes=NUM_CLASSES)


def shufflenet_v2(stages: list[int]) -> nn.Module:
    """ShuffleNet-v2 with the given stage widths."""
    return zoo.ShuffleNetV2([4, 8, 4], stages, num_classes=NUM_CLASSES)


@dataclass(frozen=True)
class Recipe:
    """How to build one oracle model and how large an image it sees."""

    name: str
    full: Callable[[], nn.Module]
    narrow: Callable[[], nn.Module]
    size: int
    full_size: int
    seed: int


def shrunk(build: Callable[[], nn.Module], ratio: Fraction) -> Callable[[], nn.Module]:
    """`build` run with scaled channel counts."""
    def narrow() -> nn.Module:
        with scaled_channels(ratio):
            return build()
    return narrow


def torchvision_recipe(name: str, ratio: Fraction, size: int, seed: int, full_size: int = 64) -> Recipe:
    """A recipe for a torchvision model narrowed by `ratio`."""
    def build() -> nn.Module:
        return getattr(zoo, name)(num_classes=NUM_CLASSES)
    return Recipe(name, build, shrunk(build, ratio), size, full_size, seed)


def all_recipes() -> list[Recipe]:
    """Every oracle model, small ones first."""
    return [
        Recipe("lenet", LeNet, LeNet, 32, 32, 1),
        Recipe("convnet", ConvNet, lambda: ConvNet(5), 32, 32, 2),
        Recipe("resnet20", CifarResNet, lambda: CifarResNet(5), 32, 32, 3),
        torchvision_recipe("resnet18", Fraction(1, 16), 33, 4),
        Recipe("vgg11", vgg11, shrunk(vgg11, Fraction(1, 32)), 32, 64, 5),
        torchvision_recipe("resnet50", Fraction(1, 32), 45, 6),
        Recipe("densenet121", lambda: densenet121(32, 64), lambda: densenet121(2, 4), 40, 64, 7),
        torchvision_recipe("mobilenet_v2", Fraction(1, 12), 33, 8),
        torchvision_recipe("mobilenet_v3_small", Fraction(1, 8), 33, 9),
        torchvision_recipe("efficientnet_b0", Fraction(1, 16), 33, 10),
        torchvision_recipe("squeezenet1_0", Fraction(1, 8), 35, 11),
        Recipe("shufflenet_v2", lambda: shufflenet_v2([24, 116, 232, 464, 1024]),
               lambda: shufflenet_v2([8, 16, 32, 64, 128]), 40, 64, 12),
        Recipe("inception_v3", inception_v3, shrunk(inception_v3, Fraction(1, 16)), 75, 80, 13),
        Recipe("convnext_tiny", lambda: convnext_tiny(96), lambda: convnext_tiny(4), 32, 64, 14),
    ]

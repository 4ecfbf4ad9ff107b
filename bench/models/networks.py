"""Classifiers to attack, and decoders that turn latent vectors into pictures of the same kind."""

from __future__ import annotations

import torch
from torch import nn

import models

CLASSES = models.NUM_CLASSES


def lenet(channels: int) -> nn.Module:
    """The LeNet of Deep Leakage from Gradients for images of so many channels."""
    network = models.LeNet()
    if channels != models.IMAGE_CHANNELS:
        first = network.body[0]
        network.body[0] = nn.Conv2d(channels, first.out_channels, first.kernel_size, first.stride, first.padding)
    return network


def resnet20(channels: int) -> nn.Module:
    """ResNet-20 for 32x32 images, with batch normalisation."""
    network = models.CifarResNet()
    if channels != models.IMAGE_CHANNELS:
        network.conv1 = nn.Conv2d(channels, network.conv1.out_channels, 3, padding=1, bias=False)
    return network


def resnet18(channels: int) -> nn.Module:
    """torchvision's ResNet-18 as it is, stem of stride 4 included."""
    if channels != models.IMAGE_CHANNELS:
        raise ValueError(f"ResNet-18: 3 channels expected, {channels} came")
    return models.zoo.resnet18(num_classes=CLASSES)


class Decoder(nn.Module):
    """A linear layer to 4x4, then transposed convolutions that double the side: latent [N, k] to [N, C, S, S] in [0, 1].

    With `classes` a second input, one-hot [N, classes], is put beside the latent vector. `widths` are the channels at
    4x4, 8x8 and so on.
    """

    def __init__(self, latent: int, widths: tuple[int, ...], channels: int, classes: int = 0) -> None:
        super().__init__()
        self.width = widths[0]
        self.fc = nn.Linear(latent + classes, self.width * 16)
        layers: list[nn.Module] = []
        for inputs, outputs in zip(widths, (*widths[1:], channels)):
            layers += [nn.LeakyReLU(0.2), nn.ConvTranspose2d(inputs, outputs, 4, stride=2, padding=1)]
        self.body = nn.Sequential(*layers)

    def forward(self, latent: torch.Tensor, label: torch.Tensor | None = None) -> torch.Tensor:
        code = latent if label is None else torch.cat([latent, label], 1)
        return torch.sigmoid(self.body(self.fc(code).reshape(-1, self.width, 4, 4)))


class Encoder(nn.Module):
    """The decoder's mirror: images (and classes) to mean and log-variance of the latent vector, [N, k] each."""

    def __init__(self, latent: int, widths: tuple[int, ...], channels: int, classes: int = 0) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        upwards = (channels, *reversed(widths))
        for inputs, outputs in zip(upwards, upwards[1:]):
            layers += [nn.Conv2d(inputs, outputs, 4, stride=2, padding=1), nn.LeakyReLU(0.2)]
        self.body = nn.Sequential(*layers)
        self.fc = nn.Linear(widths[0] * 16 + classes, 2 * latent)

    def forward(self, images: torch.Tensor, label: torch.Tensor | None = None) -> tuple[torch.Tensor, torch.Tensor]:
        features = torch.flatten(self.body(images), 1)
        code = self.fc(features if label is None else torch.cat([features, label], 1))
        mean, log_variance = code.chunk(2, 1)
        return mean, log_variance

"""Training of decoders, as the second half of a variational autoencoder on the training part alone.

The loss is |x - decoder(z)|^2 / (2 sigma^2) + KL(q(z|x) || N(0, 1)) (Kingma and Welling 2014). The deviation sigma
divides the two tasks of a decoder here: pictures that an attack is after shall have a latent vector, which a small one
favours, and latent vectors of the prior shall give pictures of the kind, which a large one favours. What counts is
sigma against the number of pixels that say the same: one picture at twice the side needs twice the sigma.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import nn
from torch.nn import functional

import networks
from data import Data, Part, normalised

BATCH = 64
SEARCH_STEPS, SEARCH_RATE = 400, 0.05
SAMPLES = 500


@dataclass(frozen=True)
class Plan:
    """A decoder's sizes and how long it is trained. Channels `widths` at 4x4, 8x8 and so on."""

    name: str
    latent: int
    widths: tuple[int, ...]
    deviation: float
    epochs: int
    conditional: bool = False
    rate: float = 2e-3
    seed: int = 1


PLANS: dict[str, tuple[Plan, ...]] = {
    "digits": (Plan("generator", 16, (64, 48, 24), deviation=0.25, epochs=40),
               Plan("generator-conditional", 8, (64, 48, 24), deviation=0.4, epochs=50, conditional=True)),
    "patches-32": (Plan("generator", 128, (96, 64, 32), deviation=0.05, epochs=30),),
    "patches": (Plan("generator", 128, (128, 96, 64, 32), deviation=0.1, epochs=18),),
}


def one_hot(plan: Plan, labels: torch.Tensor) -> torch.Tensor | None:
    """float [N, classes] for a conditional decoder, else nothing."""
    return functional.one_hot(labels, networks.CLASSES).float() if plan.conditional else None


def negative_bound(images: torch.Tensor, came: torch.Tensor, mean: torch.Tensor, log_variance: torch.Tensor,
                   deviation: float) -> torch.Tensor:
    """The loss of a batch, a picture's share, without the constant of the Gaussian."""
    divergence = 0.5 * (mean.square() + log_variance.exp() - 1 - log_variance).sum(1).mean()
    return (came - images).square().flatten(1).sum(1).mean() / (2 * deviation ** 2) + divergence


def train(plan: Plan, data: Data) -> nn.Module:
    """The decoder, in eval mode."""
    torch.manual_seed(plan.seed)
    sizes = (plan.latent, plan.widths, data.channels, networks.CLASSES if plan.conditional else 0)
    decoder, encoder = networks.Decoder(*sizes), networks.Encoder(*sizes)
    images, labels = data.training.images(), data.training.classes()
    batches = len(labels) // BATCH
    optimizer = torch.optim.Adam([*decoder.parameters(), *encoder.parameters()], plan.rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, plan.epochs * batches)
    for epoch in range(plan.epochs):
        total = 0.0
        for rows in torch.randperm(len(labels))[:batches * BATCH].split(BATCH):
            label = one_hot(plan, labels[rows])
            mean, log_variance = encoder(images[rows], label)
            latent = mean + (0.5 * log_variance).exp() * torch.randn_like(mean)
            loss = negative_bound(images[rows], decoder(latent, label), mean, log_variance, plan.deviation)
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
            total += loss.item()
        print(f"  epoch {epoch + 1}/{plan.epochs}: loss {total / batches:.1f}", flush=True)
    return decoder.eval()


def psnr(came: torch.Tensor, images: torch.Tensor) -> torch.Tensor:
    """Per picture, peak 1: [N]."""
    return -10 * (came - images).square().flatten(1).mean(1).log() / math.log(10)


def reach(plan: Plan, decoder: nn.Module, part: Part, rows: list[int]) -> float:
    """Mean PSNR in dB of the nearest pictures that a search of the latent vectors finds, from zero, by Adam.

    That is what an attack over the latent vector can reach at best, if no better one finds a nearer picture.
    """
    images, label = part.images()[rows], one_hot(plan, part.classes()[rows])
    latent = torch.zeros(len(rows), plan.latent, requires_grad=True)
    optimizer = torch.optim.Adam([latent], SEARCH_RATE)
    for _ in range(SEARCH_STEPS):
        loss = (decoder(latent, label) - images).square().flatten(1).mean(1).sum()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    with torch.no_grad():
        return psnr(decoder(latent, label), images).mean().item()


def class_seen(plan: Plan, decoder: nn.Module, judge: nn.Module) -> float:
    """Share of pictures of latent vectors of the prior that a trained classifier puts into the class asked for."""
    generator = torch.Generator().manual_seed(plan.seed)
    labels = torch.arange(SAMPLES) % networks.CLASSES
    with torch.no_grad():
        images = decoder(torch.randn(SAMPLES, plan.latent, generator=generator), one_hot(plan, labels))
        return (judge(normalised(images)).argmax(1) == labels).double().mean().item()


def flat_psnr(part: Part, rows: list[int]) -> float:
    """Mean PSNR in dB of pictures that have the true mean colour everywhere."""
    images = part.images()[rows]
    return psnr(images.mean((2, 3), keepdim=True).expand_as(images), images).mean().item()

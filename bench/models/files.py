"""What a model becomes on disk: an ONNX file with a symbolic batch, its digest and its line in models.json."""

from __future__ import annotations

import hashlib
from pathlib import Path

import torch
from torch import nn

import exporters
import generators
import networks
from data import Data

BATCH_AXIS = "batch"
EXAMPLE_BATCH = 2  # tracing with one row would let a broadcast pass for the symbolic axis


def checked(network: nn.Module, path: Path) -> None:
    """Refuses a file that lacks a parameter."""
    exporters.keep_useful_metadata(path)
    if lost := exporters.missing_parameters(network, path):
        raise SystemExit(f"{path}: the exporter lost {', '.join(lost)}")


def write_classifier(network: nn.Module, data: Data, path: Path) -> None:
    """Input "x" [batch, channels, size, size] of normalised pixels, output "logits" [batch, 10]."""
    example = torch.zeros(EXAMPLE_BATCH, data.channels, data.size, data.size)
    exporters.export_torchscript(network, example, path, batch_axis=BATCH_AXIS)
    checked(network, path)


def write_generator(decoder: nn.Module, plan: generators.Plan, path: Path) -> None:
    """Input "latent" [batch, k], with a condition also "label" [batch, 10]; output "image" in [0, 1]."""
    examples, inputs = (torch.zeros(EXAMPLE_BATCH, plan.latent),), ("latent",)
    if plan.conditional:
        examples, inputs = (*examples, torch.zeros(EXAMPLE_BATCH, networks.CLASSES)), (*inputs, "label")
    exporters.export_torchscript(decoder, examples, path, inputs=inputs, output="image", batch_axis=BATCH_AXIS)
    checked(decoder, path)


def facts(network: nn.Module, path: Path) -> dict:
    """Parameters, bytes and digest."""
    return {"file": path.name, "parameters": sum(parameter.numel() for parameter in network.parameters()),
            "bytes": path.stat().st_size, "sha256": hashlib.sha256(path.read_bytes()).hexdigest()}

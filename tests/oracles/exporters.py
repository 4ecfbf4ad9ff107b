"""The two ONNX exporters of PyTorch, set so that every parameter survives under its own name."""

from __future__ import annotations

import warnings
from pathlib import Path

import onnx
import torch
from torch import nn

EXPORTERS = ("ts", "dynamo")
TORCHSCRIPT_OPSET = 17


def export_torchscript(model: nn.Module, example: torch.Tensor | tuple[torch.Tensor, ...], path: Path,
                       train: bool = False, inputs: tuple[str, ...] = ("x",), output: str = "logits",
                       batch_axis: str | None = None) -> None:
    """TorchScript exporter: no Conv+BN fusion (PRESERVE), no value de-duplication (root training flag).

    With `train` every submodule is in train mode, so that batch normalisation uses the batch's own statistics. With
    `batch_axis` the first axis of every input and of the output is symbolic, of this name.
    """
    model.train(train)
    model.training = True
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model, example if isinstance(example, tuple) else (example,), str(path), dynamo=False,
            opset_version=TORCHSCRIPT_OPSET, training=torch.onnx.TrainingMode.PRESERVE, do_constant_folding=False,
            input_names=list(inputs), output_names=[output],
            dynamic_axes={name: {0: batch_axis} for name in (*inputs, output)} if batch_axis else None)
    model.eval()


def export_dynamo(model: nn.Module, example: torch.Tensor, path: Path) -> None:
    """torch.export-based exporter, before its optimiser renames or fuses anything."""
    model.eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(
            model, (example,), str(path), dynamo=True, optimize=False, external_data=False, verbose=False,
            input_names=["x"], output_names=["logits"])


KEPT_METADATA = ("pkg.torch.onnx.name_scopes", "pkg.torch.export.graph_signature.InputSpec.kind")


def keep_useful_metadata(path: Path) -> None:
    """Drop copies of the Python source, which name the exporting machine and outweigh small weights."""
    model = onnx.load(path)
    model.producer_version = model.producer_version.split("+")[0]
    for node in model.graph.node:
        node.doc_string = ""
    for entity in (model.graph, *model.graph.node, *model.graph.value_info, *model.graph.initializer):
        kept = [entry for entry in entity.metadata_props if entry.key in KEPT_METADATA]
        del entity.metadata_props[:]
        entity.metadata_props.extend(kept)
    onnx.save(model, path)


def export(model: nn.Module, example: torch.Tensor, path: Path, exporter: str) -> None:
    """Write `model` to `path` with the named exporter."""
    {"ts": export_torchscript, "dynamo": export_dynamo}[exporter](model, example, path)
    keep_useful_metadata(path)


def missing_parameters(model: nn.Module, path: Path) -> list[str]:
    """Parameters that the file does not hold as a float initializer of the same name, shape and value."""
    held = {tensor.name: tensor for tensor in onnx.load(path).graph.initializer}
    missing = []
    for name, parameter in model.named_parameters():
        tensor = held.get(name)
        same = tensor is not None and torch.equal(
            torch.from_numpy(onnx.numpy_helper.to_array(tensor).copy()), parameter.detach())
        if not same:
            missing.append(name)
    return missing

"""Makes the update a client would send for some photographs: a gradient, or new minus old weights after local SGD."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch

import attacks_torch
import make_quickstart
import models
import reference


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--architecture", default="lenet", choices=[recipe.name for recipe in models.all_recipes()])
    parser.add_argument("--full", action="store_true", help="the full-width architecture")
    parser.add_argument("--model", type=Path, required=True, help="ONNX file holding the weights")
    parser.add_argument("--photos", type=Path, nargs="+", required=True)
    parser.add_argument("--labels", type=int, nargs="+", required=True)
    parser.add_argument("--mean", type=float, nargs="+", default=[0.0])
    parser.add_argument("--std", type=float, nargs="+", default=[1.0])
    parser.add_argument("--local-steps", type=int, default=0, help="0: the gradient itself")
    parser.add_argument("--local-rate", type=float, default=1e-4)
    parser.add_argument("--local-batch", type=int, default=None, help="default: the whole batch")
    parser.add_argument("--dtype", choices=["f32", "f64"], default="f32")
    parser.add_argument("--out", type=Path, required=True, help="npz, one member for each parameter")
    options = parser.parse_args()
    options.dtype = {"f32": torch.float32, "f64": torch.float64}[options.dtype]
    return options


def main() -> None:
    """Write the update."""
    options = parse_arguments()
    model = attacks_torch.load_model(options)
    pixels = torch.cat([make_quickstart.read_image(path) for path in options.photos]).to(options.dtype)
    mean, deviation = (torch.tensor(values, dtype=options.dtype).reshape(1, -1, 1, 1)
                       for values in (options.mean, options.std))
    x, labels = (pixels - mean) / deviation, torch.tensor(options.labels)
    if options.local_steps:
        problem = attacks_torch.Problem(model, [], labels, mean, deviation)
        update = attacks_torch.local_update(problem, x, labels, options.local_steps, options.local_rate,
                                            options.local_batch or len(x))
    else:
        update = reference.parameter_gradients(model, x, labels, create_graph=False)
    names = [name for name, _ in model.named_parameters()]
    np.savez(options.out, **{name: np.ascontiguousarray(value.detach().numpy()) for name, value in zip(names, update)})


if __name__ == "__main__":
    main()

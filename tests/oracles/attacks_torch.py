"""Reference attacks in PyTorch: DLG, iDLG, Inverting Gradients, and Inverting Gradients on FedAvg updates.

Written from the papers' formulas, for comparing an engine on the same model, update and starting point. The starting
points are read from, or written to, an npz with `x0` [restarts, batch, channels, height, width] and `label_logits`
[restarts, batch, classes].
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import onnx
import torch
from PIL import Image
from scipy.optimize import linear_sum_assignment
from torch import nn
from torch.nn import functional

import models
import reference

Tensors = list[torch.Tensor]


@dataclass(frozen=True)
class Problem:
    """What the attacker holds: the model, the observed tensors, and how pixels were normalised."""

    model: nn.Module
    observed: Tensors
    labels: torch.Tensor | None
    mean: torch.Tensor
    deviation: torch.Tensor


@dataclass
class Outcome:
    """One restart's result."""

    x: torch.Tensor
    labels: torch.Tensor
    objective: float
    iterations: int
    seconds: float = 0.0
    history: list[float] = field(default_factory=list)


def soft_cross_entropy(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """-mean over images of sum over classes of target * log softmax(logits)."""
    return -(targets * functional.log_softmax(logits, dim=1)).sum(dim=1).mean()


def gradients_of(problem: Problem, loss: torch.Tensor) -> Tensors:
    """Differentiable gradients of `loss` with respect to every parameter."""
    return list(torch.autograd.grad(loss, list(problem.model.parameters()), create_graph=True))


def local_update(problem: Problem, x: torch.Tensor, labels: torch.Tensor, steps: int, rate: float,
                 batch: int) -> Tensors:
    """New minus old weights after `steps` of plain SGD, differentiable in x. Batches are taken in order, cyclically."""
    start = dict(problem.model.named_parameters())
    weights = start
    count = len(x)
    for step in range(steps):
        chosen = [(step * batch + offset) % count for offset in range(batch)]
        logits = torch.func.functional_call(problem.model, weights, (x[chosen],))
        loss = functional.cross_entropy(logits, labels[chosen])
        slopes = torch.autograd.grad(loss, list(weights.values()), create_graph=True)
        weights = {name: weight - rate * slope for (name, weight), slope in zip(weights.items(), slopes)}
    return [weights[name] - start[name] for name in start]


def total_variation(x: torch.Tensor) -> torch.Tensor:
    """mean |horizontal difference| + mean |vertical difference|."""
    return (x[..., :, 1:] - x[..., :, :-1]).abs().mean() + (x[..., 1:, :] - x[..., :-1, :]).abs().mean()


def label_of_one_image(problem: Problem) -> torch.Tensor:
    """iDLG's rule: the class whose row of the last weight matrix's gradient has the smallest sum."""
    matrix = [tensor for tensor in problem.observed if tensor.dim() == 2][-1]
    return matrix.sum(dim=1).argmin().reshape(1)


def run_lbfgs(variables: Tensors, objective: Callable[[], torch.Tensor], iterations: int, target: float) -> list[float]:
    """torch's L-BFGS with its defaults (rate 1, 20 inner iterations, history 100, no line search)."""
    optimizer = torch.optim.LBFGS(variables)
    history: list[float] = []

    def closure() -> torch.Tensor:
        value = objective()
        for variable, slope in zip(variables, torch.autograd.grad(value, variables)):
            variable.grad = slope
        return value.detach()

    for _ in range(iterations):
        history.append(optimizer.step(closure).item())
        if not np.isfinite(history[-1]) or history[-1] < target:
            break
    return history


def attack_dlg(problem: Problem, x0: torch.Tensor, label_logits: torch.Tensor, options: argparse.Namespace) -> Outcome:
    """Images and soft labels together, Euclidean distance, L-BFGS."""
    x = x0.clone().requires_grad_(True)
    soft = label_logits.clone().requires_grad_(True)

    def objective() -> torch.Tensor:
        loss = soft_cross_entropy(problem.model(x), functional.softmax(soft, dim=1))
        return reference.squared_distance(gradients_of(problem, loss), problem.observed)

    history = run_lbfgs([x, soft], objective, options.iterations, target=0.0)
    return Outcome(x.detach(), soft.detach().argmax(dim=1), objective().item(), len(history), history=history)


def attack_idlg(problem: Problem, x0: torch.Tensor, _: torch.Tensor, options: argparse.Namespace) -> Outcome:
    """The label by its rule, then DLG on the image alone."""
    labels = problem.labels if problem.labels is not None else label_of_one_image(problem)
    x = x0.clone().requires_grad_(True)

    def objective() -> torch.Tensor:
        loss = functional.cross_entropy(problem.model(x), labels)
        return reference.squared_distance(gradients_of(problem, loss), problem.observed)

    history = run_lbfgs([x], objective, options.iterations, target=1e-6)
    return Outcome(x.detach(), labels, objective().item(), len(history), history=history)


def run_signed_adam(problem: Problem, x: torch.Tensor, objective: Callable[[], torch.Tensor],
                    options: argparse.Namespace) -> list[float]:
    """Adam on the sign of the gradient, stepwise decay at 3/8, 5/8, 7/8, clipping to the pixel box."""
    optimizer = torch.optim.Adam([x], lr=options.rate)
    milestones = [int(options.iterations / divisor) for divisor in (2.667, 1.6, 1.142)]
    schedule = torch.optim.lr_scheduler.MultiStepLR(optimizer, milestones, gamma=0.1)
    low, high = -problem.mean / problem.deviation, (1 - problem.mean) / problem.deviation
    history = []
    for _ in range(options.iterations):
        value = objective()
        slope, = torch.autograd.grad(value, x)
        x.grad = slope.sign() if options.signed else slope
        optimizer.step()
        schedule.step()
        with torch.no_grad():
            x.copy_(torch.maximum(torch.minimum(x, high), low))
        history.append(value.item())
    return history


def attack_ig(problem: Problem, x0: torch.Tensor, _: torch.Tensor, options: argparse.Namespace) -> Outcome:
    """Cosine distance over all tensors concatenated + weight * total variation, for a gradient or a FedAvg update."""
    labels = problem.labels if problem.labels is not None else label_of_one_image(problem)
    x = x0.clone().requires_grad_(True)

    def trial() -> Tensors:
        if options.attack == "fedavg":
            return local_update(problem, x, labels, options.local_steps, options.local_rate,
                                options.local_batch or len(x))
        return gradients_of(problem, functional.cross_entropy(problem.model(x), labels))

    def objective() -> torch.Tensor:
        return reference.cosine_distance(trial(), problem.observed) + options.tv * total_variation(x)

    history = run_signed_adam(problem, x, objective, options)
    return Outcome(x.detach(), labels, objective().item(), len(history), history=history)


ATTACKS = {"dlg": attack_dlg, "idlg": attack_idlg, "ig": attack_ig, "fedavg": attack_ig}


def load_model(options: argparse.Namespace) -> nn.Module:
    """The named architecture with the weights and statistics of an ONNX file."""
    recipe = next(recipe for recipe in models.all_recipes() if recipe.name == options.architecture)
    model = (recipe.full if options.full else recipe.narrow)()
    held = {tensor.name: torch.from_numpy(onnx.numpy_helper.to_array(tensor).copy())
            for tensor in onnx.load(options.model).graph.initializer}
    state = {name: held.get(name, value) for name, value in model.state_dict().items()}
    lost = [name for name, _ in model.named_parameters() if name not in held]
    if lost:
        raise SystemExit(f"{options.model}: no initializer for {', '.join(lost)}")
    model.load_state_dict(state)
    return model.eval().to(options.dtype)


def load_problem(options: argparse.Namespace) -> Problem:
    """The attacker's knowledge from the command line's files."""
    model = load_model(options)
    update = np.load(options.update)
    prefix = "grad/" if any(name.startswith("grad/") for name in update.files) else ""
    observed = [torch.from_numpy(update[prefix + name]).to(options.dtype) for name, _ in model.named_parameters()]
    labels = torch.tensor(options.labels) if options.labels else None
    if labels is None and options.attack != "dlg" and options.batch > 1:
        raise SystemExit("--labels is needed for more than one image")

    def per_channel(values: list[float]) -> torch.Tensor:
        return torch.tensor(values, dtype=options.dtype).reshape(1, -1, 1, 1)
    return Problem(model, observed, labels, per_channel(options.mean), per_channel(options.std))


def starting_points(options: argparse.Namespace) -> Iterator[tuple[torch.Tensor, torch.Tensor]]:
    """Dummy images and label logits, one pair for each restart; random ones are drawn in float32 and saved."""
    if options.init:
        held = np.load(options.init)
        x0, logits = held["x0"], held["label_logits"]
    else:
        drawn_x, drawn_logits = [], []
        for seed in options.seeds:
            generator = torch.Generator().manual_seed(seed)
            drawn_x.append(torch.randn(options.batch, *options.shape, generator=generator).numpy())
            drawn_logits.append(torch.randn(options.batch, models.NUM_CLASSES, generator=generator).numpy())
        x0, logits = np.stack(drawn_x), np.stack(drawn_logits)
        np.savez_compressed(options.out / "init.npz", x0=x0, label_logits=logits)
    for images, label_logits in zip(x0, logits):
        yield torch.from_numpy(images).to(options.dtype), torch.from_numpy(label_logits).to(options.dtype)


def load_truth(options: argparse.Namespace) -> np.ndarray | None:
    """The true images in [0, 1], if given: PNG files, in batch order."""
    if not options.truth:
        return None
    images = [np.asarray(Image.open(path).convert("RGB"), dtype=np.float64) / 255 for path in options.truth]
    return np.stack(images).transpose(0, 3, 1, 2)


def to_pixels(problem: Problem, x: torch.Tensor) -> np.ndarray:
    """Normalisation undone, clipped to [0, 1]."""
    return (x * problem.deviation + problem.mean).clamp(0, 1).double().numpy()


def scores(images: np.ndarray, truth: np.ndarray) -> dict[str, list[float]]:
    """MSE and PSNR (peak 1) of each true image under the assignment with the least total MSE."""
    table = ((images[:, None] - truth[None]) ** 2).mean(axis=(2, 3, 4))
    rows, columns = linear_sum_assignment(table)
    mse = table[rows, columns][np.argsort(columns)]
    return {"mse": mse.tolist(), "psnr": (-10 * np.log10(np.maximum(mse, 1e-20))).tolist()}


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("attack", choices=ATTACKS)
    parser.add_argument("--architecture", default="lenet", help="a name from models.py")
    parser.add_argument("--full", action="store_true", help="the full-width architecture")
    parser.add_argument("--model", type=Path, required=True, help="ONNX file holding the weights")
    parser.add_argument("--update", type=Path, required=True, help="npz; for fedavg: new minus old weights")
    parser.add_argument("--out", type=Path, required=True, help="folder for result.json and reconstruction.npz")
    parser.add_argument("--init", type=Path, help="npz with x0 and label_logits; overrides --seeds")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0], help="one restart each")
    parser.add_argument("--labels", type=int, nargs="+")
    parser.add_argument("--truth", type=Path, nargs="+", help="PNG files")
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--shape", type=int, nargs=3, default=[3, 32, 32])
    parser.add_argument("--mean", type=float, nargs="+", default=[0.0])
    parser.add_argument("--std", type=float, nargs="+", default=[1.0])
    parser.add_argument("--iterations", type=int, default=None, help="default 300 (dlg, idlg), 4800 (ig, fedavg)")
    parser.add_argument("--rate", type=float, default=None, help="Adam's; default 0.1 (ig), 1 (fedavg)")
    parser.add_argument("--tv", type=float, default=1e-4)
    parser.add_argument("--no-sign", dest="signed", action="store_false")
    parser.add_argument("--local-steps", type=int, default=1)
    parser.add_argument("--local-rate", type=float, default=1e-4)
    parser.add_argument("--local-batch", type=int, default=None, help="default: the whole batch")
    parser.add_argument("--dtype", choices=["f32", "f64"], default="f32")
    options = parser.parse_args()
    options.dtype = {"f32": torch.float32, "f64": torch.float64}[options.dtype]
    options.iterations = options.iterations or (300 if options.attack in ("dlg", "idlg") else 4800)
    options.rate = options.rate or (1.0 if options.attack == "fedavg" else 0.1)
    return options


def describe(outcome: Outcome, images: np.ndarray, truth: np.ndarray | None) -> dict:
    """One restart for result.json."""
    thinned = outcome.history[::max(1, len(outcome.history) // 100)]
    facts = {"objective": outcome.objective, "labels": outcome.labels.tolist(), "iterations": outcome.iterations,
             "seconds": outcome.seconds, "history": thinned}
    return facts | (scores(images, truth) if truth is not None else {})


def main() -> None:
    """Attack, keep the restart with the least objective, write the results."""
    options = parse_arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    problem, truth = load_problem(options), load_truth(options)
    restarts, pictures = [], []
    for x0, label_logits in starting_points(options):
        begin = time.perf_counter()
        outcome = ATTACKS[options.attack](problem, x0, label_logits, options)
        outcome.seconds = time.perf_counter() - begin
        pictures.append(to_pixels(problem, outcome.x))
        restarts.append(describe(outcome, pictures[-1], truth))
    order = [restart["objective"] if np.isfinite(restart["objective"]) else np.inf for restart in restarts]
    best = int(np.argmin(order))
    np.savez_compressed(options.out / "reconstruction.npz", x=np.stack(pictures))
    result = {"attack": options.attack, "architecture": options.architecture, "best": best, "restarts": restarts}
    (options.out / "result.json").write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps({key: value for key, value in restarts[best].items() if key != "history"}))


if __name__ == "__main__":
    main()

"""The benchmark's matching problems: network, weights, images, target gradient, and what float64 says the answer is.

    python bench/iteration/problems.py FOLDER PROBLEM

writes FOLDER/PROBLEM/: `model.onnx`; `state.npz` (PyTorch's names); `update.npz` (the target gradient, one member
for each parameter); `case.npz` (`images` [batch, 3, size, size] f32, `labels` [batch] i64); `start.npz` (the images
alone); `reference.npz` (`distance` [], `gradient` like the images, f64: PyTorch's values in double precision;
`useful_flop` []: see `useful_flop`). A folder that holds them already is left as it is.
"""

from __future__ import annotations

import copy
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

sys.path.insert(0, str(Path(__file__).parents[2] / "tests" / "oracles"))

import exporters  # noqa: E402
import models  # noqa: E402
import reference  # noqa: E402
import weights  # noqa: E402

IMAGENET_CLASSES = 1000
SEED = 1
SMALL, SMALL_CANDIDATES, CANDIDATES = 32, 32, 8


class Attention(nn.Module):
    """Multi-head self-attention written out: PyTorch's fused attention has no second derivative."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        self.qkv = nn.Linear(width, 3 * width)
        self.proj = nn.Linear(width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        batch, tokens, width = x.shape
        qkv = self.qkv(x).reshape(batch, tokens, 3, self.heads, width // self.heads).permute(2, 0, 3, 1, 4)
        query, key, value = qkv[0], qkv[1], qkv[2]
        scores = query @ key.transpose(-2, -1) * (width // self.heads) ** -0.5
        mixed = scores.softmax(dim=-1) @ value
        return self.proj(mixed.transpose(1, 2).reshape(batch, tokens, width))


class Block(nn.Module):
    """A pre-norm transformer block."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norm1, self.norm2 = nn.LayerNorm(width, eps=1e-6), nn.LayerNorm(width, eps=1e-6)
        self.attn = Attention(width, heads)
        self.fc1, self.fc2 = nn.Linear(width, 4 * width), nn.Linear(4 * width, width)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = x + self.attn(self.norm1(x))
        return x + self.fc2(functional.gelu(self.fc1(self.norm2(x))))


class VisionTransformer(nn.Module):
    """ViT-S/16: 12 blocks of width 384 with 6 heads, a class token, learned positions (Dosovitskiy et al. 2021)."""

    def __init__(self, size: int = 224, patch: int = 16, width: int = 384, depth: int = 12, heads: int = 6) -> None:
        super().__init__()
        self.patch_embed = nn.Conv2d(models.IMAGE_CHANNELS, width, patch, stride=patch)
        self.cls_token = nn.Parameter(torch.zeros(1, 1, width))
        self.pos_embed = nn.Parameter(torch.zeros(1, 1 + (size // patch) ** 2, width))
        self.blocks = nn.Sequential(*(Block(width, heads) for _ in range(depth)))
        self.norm = nn.LayerNorm(width, eps=1e-6)
        self.head = nn.Linear(width, IMAGENET_CLASSES)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        tokens = self.patch_embed(x).flatten(2).transpose(1, 2)
        tokens = torch.cat([self.cls_token.expand(tokens.shape[0], -1, -1), tokens], dim=1) + self.pos_embed
        return self.head(self.norm(self.blocks(tokens))[:, 0])


@dataclass(frozen=True)
class Network:
    """How to build one network. `train`: batch normalisation uses the batch's own statistics."""

    name: str
    title: str
    build: Callable[[], nn.Module]
    size: int
    classes: int
    train: bool = False


@dataclass(frozen=True)
class Problem:
    """One network at one batch size."""

    network: Network
    batch: int

    @property
    def name(self) -> str:
        """Such as resnet18-b4."""
        return f"{self.network.name}-b{self.batch}"


def torchvision(name: str, title: str, model: str, train: bool = False) -> Network:
    """A torchvision network at 224x224 with 1,000 classes."""
    return Network(name, title, lambda: getattr(models.zoo, model)(), 224, IMAGENET_CLASSES, train)


LENET = Network("lenet", "LeNet (DLG) 32", models.LeNet, 32, models.NUM_CLASSES)
RESNET20 = Network("resnet20", "ResNet-20 32", models.CifarResNet, 32, models.NUM_CLASSES)
RESNET18 = torchvision("resnet18", "ResNet-18 224", "resnet18")
RESNET50 = torchvision("resnet50", "ResNet-50 224", "resnet50")
RESNET18_TRAIN = torchvision("resnet18-train", "ResNet-18 224, train-mode BN", "resnet18", train=True)
VIT = Network("vit-s16", "ViT-S/16 224", VisionTransformer, 224, IMAGENET_CLASSES)

PROBLEMS = [
    Problem(LENET, 1), Problem(RESNET20, 1), Problem(RESNET20, 8), Problem(RESNET18, 1), Problem(RESNET18, 4),
    Problem(RESNET18_TRAIN, 4), Problem(RESNET50, 1), Problem(RESNET50, 4),
    Problem(torchvision("vgg11", "VGG-11 224", "vgg11"), 1),
    Problem(torchvision("mobilenet-v2", "MobileNetV2 224", "mobilenet_v2"), 1),
    Problem(torchvision("resnext50", "ResNeXt-50 32x4d 224", "resnext50_32x4d"), 1),
    Problem(VIT, 1),
]


def find(name: str) -> Problem:
    """The problem of that name; SystemExit where there is none."""
    for problem in PROBLEMS:
        if problem.name == name:
            return problem
    raise SystemExit(f"no problem named {name}; there are {', '.join(problem.name for problem in PROBLEMS)}")


def batch_statistics_only(model: nn.Module) -> None:
    """Train-mode batch normalisation without the side effect on running statistics, which no derivative reads."""
    for module in model.modules():
        if isinstance(module, nn.BatchNorm2d):
            module.track_running_stats = False
            module.running_mean = module.running_var = module.num_batches_tracked = None


def load_model(problem: Problem, folder: Path) -> nn.Module:
    """The network with the weights of `folder`/state.npz, in the mode that is measured."""
    model = problem.network.build()
    weights.round_epsilons(model)
    with np.load(folder / "state.npz") as state:
        model.load_state_dict({name: torch.from_numpy(state[name]) for name in state.files})
    model.eval()
    if problem.network.train:
        model.train()
        batch_statistics_only(model)
    return model


def write_model(problem: Problem, folder: Path, example: torch.Tensor) -> None:
    """state.npz and model.onnx."""
    network = problem.network
    torch.manual_seed(SEED)
    model = weights.prepare(network.build(), network.name, network.size, SEED)
    np.savez(folder / "state.npz", **{name: value.numpy() for name, value in model.state_dict().items()})
    path = folder / "model.onnx"
    exporters.export_torchscript(copy.deepcopy(model), example, path, network.train)
    exporters.keep_useful_metadata(path)
    if lost := exporters.missing_parameters(model, path):
        raise SystemExit(f"{path}: the exporter lost {', '.join(lost)}")


def shape_of(problem: Problem) -> tuple[int, int]:
    """Batch and size."""
    return problem.batch, problem.network.size


def first_images(problem: Problem, model: nn.Module, generator: torch.Generator) -> torch.Tensor:
    """Of some random batches, the one farthest from every kink, so that rounding puts few activations across one."""
    count = SMALL_CANDIDATES if problem.network.size <= SMALL else CANDIDATES
    candidates = [weights.grid_images(generator, *shape_of(problem)) for _ in range(count)]
    return max(candidates, key=lambda x: reference.kink_margin(model, x))


def useful_flop(model: nn.Module, x: torch.Tensor) -> int:
    """Floating-point operations of the products that one iteration cannot do without.

    A product with a weight is done 7 times (forward; 2 backward; 4 along the tangent), at the images, which need no
    derivative before v is known, 5 times; a product of two activations 9 times (forward; 2; 2 + 4).
    """
    products: list[tuple[str, int]] = []

    class Recorder(TorchDispatchMode):
        """Counts each product of the forward pass."""

        def __torch_dispatch__(self, func, types, args=(), kwargs=None):
            out = func(*args, **(kwargs or {}))
            if count := flop_registry.get(func.overloadpacket):
                products.append((func.overloadpacket.__name__, count(*args, **(kwargs or {}), out_val=out)))
            return out

    with torch.no_grad(), Recorder():
        model(x)
    times = [9 if name in ("bmm", "baddbmm") else 7 for name, _ in products]
    times[0] = 5
    return sum(factor * count for factor, (_, count) in zip(times, products))


def drawn_labels(problem: Problem, generator: torch.Generator) -> tuple[torch.Tensor, torch.Tensor]:
    """Of the present images and of the target's: all different where there are classes enough."""
    wanted, classes = 2 * problem.batch, problem.network.classes
    permutations = [torch.randperm(classes, generator=generator) for _ in range(-(-wanted // classes))]
    labels = torch.cat(permutations)
    return labels[:problem.batch].clone(), labels[problem.batch:wanted].clone()


def write(problem: Problem, folder: Path) -> None:
    """All files of one problem."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = torch.Generator().manual_seed(SEED)
    write_model(problem, folder, weights.grid_images(generator, *shape_of(problem)))
    model = load_model(problem, folder)
    x, x_star = first_images(problem, model, generator), weights.grid_images(generator, *shape_of(problem))
    y, y_star = drawn_labels(problem, generator)
    np.savez(folder / "case.npz", images=x.numpy(), labels=y.numpy())
    np.savez(folder / "start.npz", images=x.numpy())
    names = [name for name, _ in model.named_parameters()]
    target = reference.parameter_gradients(model, x_star, y_star, create_graph=False)
    np.savez(folder / "update.npz", **{name: value.contiguous().numpy() for name, value in zip(names, target)})
    (folder / "update.npz.toml").write_text(f'kind = "gradient"\nnum_examples = {problem.batch}\n')

    model, x = model.double(), x.double().requires_grad_(True)
    gradient = reference.parameter_gradients(model, x, y, create_graph=True)
    distance = reference.cosine_distance(gradient, [value.double() for value in target])
    answer = torch.autograd.grad(distance, x)[0]
    np.savez(folder / "reference.npz", distance=distance.detach().numpy(), gradient=answer.contiguous().numpy(),
             useful_flop=useful_flop(model, x.detach()))


def main() -> None:
    """Write the problem unless its last file is there."""
    folder, problem = Path(sys.argv[1]), find(sys.argv[2])
    if not (folder / problem.name / "reference.npz").exists():
        write(problem, folder / problem.name)


if __name__ == "__main__":
    main()

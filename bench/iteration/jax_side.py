"""JAX as a peer: python bench/iteration/jax_side.py FOLDER PROBLEM VARIANT, then peer.py's protocol.

The thread count is the number of processors this process may run on; XLA's pool takes as many threads.
"""

from __future__ import annotations

import sys
from pathlib import Path

import jax
import jax.numpy as jnp
import jaxlib
import numpy as np

import onnx_jax
import peer

Arrays = dict[str, jax.Array]


def dot(a: Arrays, b: Arrays) -> jax.Array:
    """The inner product over all parameters."""
    return sum((a[name] * b[name]).sum() for name in b)


class JaxSide:
    """The exported graph, its weights as arguments of one compiled step that includes Adam."""

    def __init__(self, case: peer.Case, forward_over_reverse: bool, channels_last: bool) -> None:
        self.versions = {"jax": jax.__version__, "jaxlib": jaxlib.__version__}
        self.network = onnx_jax.Network(case.folder / "model.onnx", channels_last)
        weights = self.network.parameters
        target = {name: self.network.arranged(name, value) for name, value in case.target.items()}
        if missing := target.keys() - weights.keys():
            raise KeyError(f"the model has no parameter {min(missing)}")
        self.buffers = {name: jnp.asarray(value) for name, value in weights.items() if name not in target}
        self.parameters = {name: jnp.asarray(weights[name]) for name in target}
        self.target = {name: jnp.asarray(value) for name, value in target.items()}
        self.target_norm = np.float32(np.sqrt(sum(np.square(value, dtype=np.float64).sum()
                                                  for value in case.target.values())))
        self.labels = jnp.asarray(case.labels)
        self.matching = self.by_forward_over_reverse if forward_over_reverse else self.by_reverse_over_reverse
        self.first = case.images
        zeros = np.zeros_like(case.images)
        self.state = tuple(jnp.array(value) for value in (case.images, zeros, zeros))
        self.steps = 0
        self.network.parameters = {}

    def loss(self, parameters: Arrays, images: jax.Array, buffers: Arrays) -> jax.Array:
        """Mean cross-entropy with the known labels."""
        scores = jax.nn.log_softmax(self.network({**parameters, **buffers}, images))
        return -jnp.take_along_axis(scores, self.labels[:, None], 1).mean()

    def distance(self, gradients: Arrays, target: Arrays) -> jax.Array:
        """1 - cosine over all parameters jointly."""
        return 1 - dot(gradients, target) / (jnp.sqrt(dot(gradients, gradients)) * self.target_norm)

    def by_reverse_over_reverse(self, images: jax.Array, held: tuple) -> tuple[jax.Array, jax.Array]:
        """(D, dD/dx): grad of the distance of grad."""
        parameters, buffers, target = held
        return jax.value_and_grad(
            lambda x: self.distance(jax.grad(self.loss)(parameters, x, buffers), target))(images)

    def by_forward_over_reverse(self, images: jax.Array, held: tuple) -> tuple[jax.Array, jax.Array]:
        """(D, dD/dx): the tangent of dL/dx along v = dD/dg. One linearisation gives g and the tangent."""
        parameters, buffers, target = held
        (gradients, _), tangent = jax.linearize(
            lambda weights: jax.grad(self.loss, argnums=(0, 1))(weights, images, buffers), parameters)
        distance, direction = jax.value_and_grad(self.distance)(gradients, target)
        return distance, tangent(direction)[1]

    def step(self, images: jax.Array, mean: jax.Array, square: jax.Array, count: jax.Array, held: tuple) -> tuple:
        """One iteration with Adam: the new state, and D and dD/dx where it began."""
        distance, gradient = self.matching(images, held)
        mean = peer.BETA1 * mean + (1 - peer.BETA1) * gradient
        square = peer.BETA2 * square + (1 - peer.BETA2) * gradient * gradient
        corrected = jnp.sqrt(square / (1 - peer.BETA2 ** count)) + peer.EPSILON
        images = images - peer.RATE / (1 - peer.BETA1 ** count) * mean / corrected
        return images, mean, square, distance, gradient

    def compile(self) -> None:
        self.held = (self.parameters, self.buffers, self.target)
        self.compiled = jax.jit(self.step, donate_argnums=(0, 1, 2)).lower(
            *self.state, np.float32(1), self.held).compile()

    def values(self) -> tuple[float, np.ndarray]:
        zeros = np.zeros_like(self.first)
        start = [jnp.array(value) for value in (self.first, zeros, zeros)]
        *_, distance, gradient = self.compiled(*start, np.float32(1), self.held)
        return float(distance), np.asarray(gradient)

    def run(self, iterations: int) -> None:
        for _ in range(iterations):
            self.steps += 1
            self.state = self.compiled(*self.state, np.float32(self.steps), self.held)[:3]
        jax.block_until_ready(self.state)


VARIANTS = {  # forward-over-reverse, channels last
    "grad-grad-nchw": (False, False), "grad-grad-nhwc": (False, True),
    "for-nchw": (True, False), "for-nhwc": (True, True),
}


def main() -> None:
    """Serve one variant."""
    folder, name, variant = sys.argv[1:]
    jax.config.update("jax_platforms", "cpu")
    peer.serve(lambda case: JaxSide(case, *VARIANTS[variant]), Path(folder) / name)


if __name__ == "__main__":
    main()

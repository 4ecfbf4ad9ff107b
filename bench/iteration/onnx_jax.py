"""An ONNX graph as a JAX function: the operators the benchmark's models need, static shapes.

What depends on no input or parameter is computed with NumPy while the function is traced. In the layout
`channels_last` images between convolutions are held as [N, H, W, C] and kernels as [H, W, I, O]; everything that is
not pointwise or spatial sees them as ONNX has them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import onnx
from jax import lax
from onnx import numpy_helper

Attributes = dict[str, object]
TO_LAST, TO_FIRST = (0, 2, 3, 1), (0, 3, 1, 2)
KERNEL_TO_LAST = (2, 3, 1, 0)


@dataclass(frozen=True)
class Image:
    """A traced image in [N, H, W, C]."""

    value: jax.Array


def known(values: list) -> bool:
    """Whether all are NumPy's, so that the result can be too."""
    return all(isinstance(value, (np.ndarray, np.generic)) for value in values)


def library(values: list):
    """NumPy for known values, else jax.numpy."""
    return np if known(values) else jnp


def padding_of(attributes: Attributes, spatial: int) -> list[tuple[int, int]]:
    """`pads` as (before, after) for each spatial axis."""
    if attributes.get("auto_pad", b"NOTSET") != b"NOTSET":
        raise NotImplementedError(f"auto_pad {attributes['auto_pad']}")
    pads = attributes.get("pads", [0] * (2 * spatial))
    return list(zip(pads[:spatial], pads[spatial:]))


def conv(attributes: Attributes, image: jax.Array, kernel: jax.Array, last: bool) -> jax.Array:
    """Convolution without bias in either layout."""
    layout = ("NHWC", "HWIO", "NHWC") if last else ("NCHW", "OIHW", "NCHW")
    return lax.conv_general_dilated(
        image, kernel, attributes.get("strides", [1, 1]), padding_of(attributes, 2),
        rhs_dilation=attributes.get("dilations", [1, 1]), dimension_numbers=layout,
        feature_group_count=attributes.get("group", 1))


def max_pool(attributes: Attributes, image: jax.Array, last: bool) -> jax.Array:
    """Maximum over windows; padding is minus infinity."""
    spatial = slice(1, 3) if last else slice(2, 4)
    if attributes.get("ceil_mode", 0) or attributes.get("dilations", [1, 1]) != [1, 1]:
        raise NotImplementedError("MaxPool with ceil_mode or dilations")
    window, strides, padding = [1] * 4, [1] * 4, [(0, 0)] * 4
    window[spatial], strides[spatial] = attributes["kernel_shape"], attributes.get("strides", [1, 1])
    padding[spatial] = padding_of(attributes, 2)
    return lax.reduce_window(image, -jnp.inf, lax.max, window, strides, padding)


def average_pool(attributes: Attributes, image: jax.Array, last: bool) -> jax.Array:
    """Mean over windows without padding."""
    if any(sum(pair) for pair in padding_of(attributes, 2)):
        raise NotImplementedError("AveragePool with padding")
    spatial = slice(1, 3) if last else slice(2, 4)
    window, strides = [1] * 4, [1] * 4
    window[spatial], strides[spatial] = attributes["kernel_shape"], attributes.get("strides", [1, 1])
    return lax.reduce_window(image, 0.0, lax.add, window, strides, "VALID") / np.prod(attributes["kernel_shape"])


def batch_normalization(attributes: Attributes, image: jax.Array, parameters: list, last: bool) -> jax.Array:
    """With running statistics, or with the batch's own where training_mode is set."""
    scale, offset, mean, variance = parameters
    channel = 3 if last else 1
    others = tuple(axis for axis in range(4) if axis != channel)
    if attributes.get("training_mode", 0):
        mean = image.mean(others)
        variance = ((image - jnp.expand_dims(mean, others)) ** 2).mean(others)
    factor = scale * lax.rsqrt(variance + np.float32(attributes.get("epsilon", 1e-5)))
    return (image - jnp.expand_dims(mean, others)) * jnp.expand_dims(factor, others) + jnp.expand_dims(offset, others)


def layer_normalization(attributes: Attributes, x: jax.Array, scale: jax.Array, offset: jax.Array) -> jax.Array:
    """Over the last axis."""
    if attributes.get("axis", -1) not in (-1, x.ndim - 1):
        raise NotImplementedError("LayerNormalization over several axes")
    centred = x - x.mean(-1, keepdims=True)
    variance = (centred * centred).mean(-1, keepdims=True)
    return centred * lax.rsqrt(variance + np.float32(attributes.get("epsilon", 1e-5))) * scale + offset


def gemm(attributes: Attributes, a: jax.Array, b: jax.Array, c: jax.Array | None = None) -> jax.Array:
    """alpha a b + beta c, either transposed."""
    a = a.T if attributes.get("transA", 0) else a
    b = b.T if attributes.get("transB", 0) else b
    product = a @ b
    if attributes.get("alpha", 1.0) != 1.0:
        product = product * attributes["alpha"]
    return product if c is None else product + c * attributes.get("beta", 1.0)


def reshape(attributes: Attributes, x, shape: np.ndarray):
    """Where 0 keeps the axis."""
    return x.reshape([x.shape[axis] if size == 0 else int(size) for axis, size in enumerate(shape)])


def slice_of(attributes: Attributes, x, starts, ends, axes=None, steps=None):
    """Slice with known bounds."""
    axes = range(len(starts)) if axes is None else axes
    steps = [1] * len(starts) if steps is None else steps
    index = [slice(None)] * x.ndim
    for axis, start, end, step in zip(axes, starts, ends, steps):
        index[int(axis)] = slice(int(start), int(end), int(step))
    return x[tuple(index)]


def expand(attributes: Attributes, x, shape: np.ndarray):
    """Numpy's broadcasting, both ways."""
    return library([x]).broadcast_to(x, np.broadcast_shapes(x.shape, tuple(int(size) for size in shape)))


def unsqueeze(attributes: Attributes, x, axes: np.ndarray):
    """New axes of size 1."""
    return library([x]).expand_dims(x, tuple(int(axis) for axis in axes))


def constant_of_shape(attributes: Attributes, shape: np.ndarray) -> np.ndarray:
    """One value everywhere."""
    value = numpy_helper.to_array(attributes["value"]) if "value" in attributes else np.zeros(1, np.float32)
    return np.full(tuple(int(size) for size in shape), value[0])


def flatten(attributes: Attributes, x):
    """To two axes."""
    return x.reshape(int(np.prod(x.shape[:attributes.get("axis", 1)])), -1)


def power(attributes: Attributes, x, exponent):
    """Known exponents stay numbers, so that squares are products."""
    return x ** (float(exponent) if known([exponent]) and exponent.ndim == 0 else exponent)


def clip(attributes: Attributes, x, low=None, high=None):
    """Between bounds."""
    return jnp.clip(x, low, high)


# Pointwise: any layout, all inputs in the same one.
POINTWISE: dict[str, Callable] = {
    "Add": lambda _, a, b: a + b, "Sub": lambda _, a, b: a - b, "Mul": lambda _, a, b: a * b,
    "Div": lambda _, a, b: a // b if known([a, b]) and a.dtype.kind == "i" else a / b,
    "Relu": lambda _, a: jax.nn.relu(a), "Sigmoid": lambda _, a: jax.nn.sigmoid(a), "Erf": lambda _, a: lax.erf(a),
    "Sqrt": lambda _, a: library([a]).sqrt(a), "Clip": clip, "Pow": power, "Identity": lambda _, a: a,
    "Dropout": lambda _, a, *rest: a,
    "Equal": lambda _, a, b: a == b, "Where": lambda _, c, a, b: library([c, a, b]).where(c, a, b),
}

# As ONNX has them.
PLAIN: dict[str, Callable] = {
    "Gemm": gemm, "MatMul": lambda _, a, b: a @ b, "Flatten": flatten, "Reshape": reshape, "Slice": slice_of,
    "Expand": expand, "Unsqueeze": unsqueeze, "ConstantOfShape": constant_of_shape,
    "LayerNormalization": layer_normalization,
    "Constant": lambda attributes: numpy_helper.to_array(attributes["value"]),
    "Shape": lambda _, a: np.array(a.shape, np.int64),
    "Gather": lambda attributes, a, index: library([a]).take(a, index, attributes.get("axis", 0)),
    "Concat": lambda attributes, *parts: library(list(parts)).concatenate(parts, attributes["axis"]),
    "Transpose": lambda attributes, a: library([a]).transpose(a, attributes.get("perm")),
    "Softmax": lambda attributes, a: jax.nn.softmax(a, attributes.get("axis", -1)),
    "Cast": lambda attributes, a: a.astype(onnx.helper.tensor_dtype_to_np_dtype(attributes["to"])),
}


def spatial(operator: str, attributes: Attributes, image: jax.Array, rest: list, last: bool):
    """The operators that know both layouts; None for others."""
    channel_axis = 3 if last else 1
    others = tuple(axis for axis in range(4) if axis != channel_axis)
    if operator == "Conv":
        out = conv(attributes, image, rest[0], last)
        return out + jnp.expand_dims(rest[1], others) if len(rest) > 1 else out
    if operator == "BatchNormalization":
        return batch_normalization(attributes, image, rest, last)
    if operator == "MaxPool":
        return max_pool(attributes, image, last)
    if operator == "AveragePool":
        return average_pool(attributes, image, last)
    if operator == "GlobalAveragePool":
        return image.mean((1, 2) if last else (2, 3), keepdims=True)
    return None


SPATIAL = ("Conv", "BatchNormalization", "MaxPool", "AveragePool", "GlobalAveragePool")


class Network:
    """The graph of a file. `parameters` [name] are its float initializers in the layout that is computed in."""

    def __init__(self, path: Path, channels_last: bool) -> None:
        graph = onnx.load(path).graph
        self.channels_last = channels_last
        self.nodes = [(node.op_type, {attribute.name: onnx.helper.get_attribute_value(attribute)
                                      for attribute in node.attribute}, list(node.input), list(node.output))
                      for node in graph.node]
        self.kernels = {inputs[1] for operator, _, inputs, _ in self.nodes if operator == "Conv"}
        held = {tensor.name: numpy_helper.to_array(tensor) for tensor in graph.initializer}
        self.constants = {name: value for name, value in held.items() if value.dtype != np.float32}
        self.parameters = {name: self.arranged(name, value) for name, value in held.items()
                           if value.dtype == np.float32}
        self.input = next(value.name for value in graph.input if value.name not in held)
        self.output = graph.output[0].name

    def arranged(self, name: str, value: np.ndarray) -> np.ndarray:
        """A parameter, or its gradient, in the layout that is computed in."""
        if self.channels_last and name in self.kernels:
            return np.ascontiguousarray(value.transpose(KERNEL_TO_LAST))
        return value

    def evaluate(self, operator: str, attributes: Attributes, inputs: list):
        """One node. `inputs` are arrays or Image; so is what comes back."""
        if operator in SPATIAL:
            first = inputs[0]
            if self.channels_last and not isinstance(first, Image):
                first = Image(jnp.transpose(first, TO_LAST))
            if isinstance(first, Image):
                return Image(spatial(operator, attributes, first.value, inputs[1:], True))
            return spatial(operator, attributes, first, inputs[1:], False)
        images = [isinstance(value, Image) for value in inputs]
        scalars = [not image and value is not None and value.ndim == 0 for image, value in zip(images, inputs)]
        if operator in POINTWISE and any(images) and all(a or b for a, b in zip(images, scalars)):
            return Image(POINTWISE[operator](attributes, *(getattr(value, "value", value) for value in inputs)))
        plain = [jnp.transpose(value.value, TO_FIRST) if isinstance(value, Image) else value for value in inputs]
        rule = POINTWISE.get(operator) or PLAIN.get(operator)
        if rule is None:
            raise NotImplementedError(f"operator {operator}")
        return rule(attributes, *plain)

    def __call__(self, parameters: dict[str, jax.Array], images: jax.Array) -> jax.Array:
        """Logits [N, classes] of `images` [N, C, H, W]."""
        values = {**self.constants, **parameters, self.input: images, "": None}
        for operator, attributes, inputs, outputs in self.nodes:
            values[outputs[0]] = self.evaluate(operator, attributes, [values[name] for name in inputs])
        return values[self.output]

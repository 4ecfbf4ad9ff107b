#!/usr/bin/env python3
"""A Gaussian process computed with NumPy, for tests/optimizers/gaussian_process_test.cpp.

    generate_gaussian_process.py OUT.npz

Written from Rasmussen and Williams (2006): the kernel entry by entry (eq. 4.17), posterior (2.25, 2.26) and log marginal
likelihood (2.30) through a general solver and a determinant, no Cholesky factor; the gradient through dK/dtheta (5.9).
"""

import sys

import numpy as np


def kernel(lengths, scale, a, b):
    k = np.empty((len(a), len(b)))
    for i, x in enumerate(a):
        for j, z in enumerate(b):
            s = np.sqrt(5 * np.sum(((x - z) / lengths) ** 2))
            k[i, j] = scale * (1 + s + s * s / 3) * np.exp(-s)
    return k


def log_likelihood(log_parameters, x, y):
    n = x.shape[1]
    lengths, scale, noise = np.exp(log_parameters[:n]), np.exp(log_parameters[n]), np.exp(log_parameters[n + 1])
    k = kernel(lengths, scale, x, x) + noise * np.eye(len(x))
    _, log_determinant = np.linalg.slogdet(k)
    return -0.5 * y @ np.linalg.solve(k, y) - 0.5 * log_determinant - 0.5 * len(x) * np.log(2 * np.pi)


def derivative_of_kernel(lengths, scale, x, d):
    """dK / d log lengths[d]."""
    distance = np.sqrt(np.sum(((x[:, None] - x[None]) / lengths) ** 2, axis=2))
    s = np.sqrt(5) * distance
    square = ((x[:, None, d] - x[None, :, d]) / lengths[d]) ** 2
    return scale * 5 / 3 * (1 + s) * np.exp(-s) * square


def gradient(lengths, scale, noise, x, y):
    k = kernel(lengths, scale, x, x)
    inverse = np.linalg.inv(k + noise * np.eye(len(x)))
    alpha = inverse @ y
    derivatives = [derivative_of_kernel(lengths, scale, x, d) for d in range(x.shape[1])]
    derivatives += [k, noise * np.eye(len(x))]
    return np.array([0.5 * np.trace((np.outer(alpha, alpha) - inverse) @ d) for d in derivatives])


def main():
    generator = np.random.default_rng(7)
    x = generator.random((24, 3))
    y = np.sin(5 * x[:, 0]) + x[:, 1] ** 2 + 0.05 * generator.standard_normal(24)
    y = (y - y.mean()) / y.std()
    at = np.concatenate([generator.random((6, 3)), x[:1]])
    lengths, scale, noise = np.array([0.4, 0.9, 1.7]), 1.3, 0.02
    inverse = np.linalg.inv(kernel(lengths, scale, x, x) + noise * np.eye(24))
    across = kernel(lengths, scale, x, at)
    np.savez_compressed(
        sys.argv[1], points=x, values=y, at=at, lengths=lengths, scale=np.array([scale]), noise=np.array([noise]),
        mean=across.T @ inverse @ y, covariance=kernel(lengths, scale, at, at) - across.T @ inverse @ across,
        log_likelihood=np.array([log_likelihood(np.log([*lengths, scale, noise]), x, y)]),
        gradient=gradient(lengths, scale, noise, x, y))


if __name__ == "__main__":
    main()

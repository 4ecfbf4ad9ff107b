#!/usr/bin/env python3
"""What TuRBO-1 reaches on BoTorch's Gaussian process and sampling, for tests/optimizers/turbo_test.cpp.

    generate_turbo.py OUT.json

The region's rules are those of Eriksson et al. (2019), written here; the model (a Matern-5/2 kernel with a length for
each coordinate, in the ranges of optimizers/gaussian_process.h), its fit to convergence by L-BFGS-B, the Sobol sequence
and the joint posterior samples are BoTorch's and PyTorch's.
"""

import json
import math
import sys
import warnings

import botorch
import numpy as np
import torch
from botorch.fit import fit_gpytorch_mll
from botorch.generation import MaxPosteriorSampling
from botorch.models import SingleTaskGP
from gpytorch.constraints import Interval
from gpytorch.kernels import MaternKernel, ScaleKernel
from gpytorch.likelihoods import GaussianLikelihood
from gpytorch.mlls import ExactMarginalLogLikelihood

from generate_cma_es import ackley, rastrigin, rosenbrock

DIMENSION, BUDGET, BATCH, INITIAL, CANDIDATES, SEEDS = 10, 150, 5, 20, 500, 9
CASES = [(ackley, -5.0, 10.0), (rastrigin, -3.0, 4.0), (rosenbrock, -2.0, 3.0)]
FIRST, LEAST, MOST, SUCCESSES = 0.8, 0.5**7, 1.6, 3
FAILURES = math.ceil(max(4, DIMENSION) / BATCH)


def fitted(x, y):
    kernel = ScaleKernel(MaternKernel(nu=2.5, ard_num_dims=DIMENSION, lengthscale_constraint=Interval(0.005, 2.0)),
                         outputscale_constraint=Interval(0.05, 20.0))
    likelihood = GaussianLikelihood(noise_constraint=Interval(5e-4, 0.2))
    model = SingleTaskGP(x, y, covar_module=kernel, likelihood=likelihood, outcome_transform=None)
    fit_gpytorch_mll(ExactMarginalLogLikelihood(model.likelihood, model))
    return model


def batch(x, y, length, seed):
    """Thompson sampling of a maximum of -y."""
    z = -(y - y.mean()) / y.std(unbiased=False)
    model = fitted(x, z)
    center = x[torch.argmin(y[:, 0])]
    lengths = model.covar_module.base_kernel.lengthscale.squeeze().detach()
    weights = lengths / lengths.log().mean().exp()
    low, high = (center - weights * length / 2).clamp(0, 1), (center + weights * length / 2).clamp(0, 1)
    unit = torch.quasirandom.SobolEngine(DIMENSION, scramble=True, seed=seed).draw(CANDIDATES, dtype=torch.float64)
    chosen = torch.rand(CANDIDATES, DIMENSION) <= min(1.0, 20 / DIMENSION)
    candidates = torch.where(chosen, low + (high - low) * unit, center)
    with torch.no_grad():
        return MaxPosteriorSampling(model=model, replacement=False)(candidates, num_samples=BATCH)


def best_value(function, low, high, seed):
    torch.manual_seed(seed)
    evaluate = lambda points: torch.tensor([[function(low + (high - low) * p.numpy())] for p in points],
                                           dtype=torch.float64)
    best, spent = math.inf, 0
    while True:
        length, successes, failures = FIRST, 0, 0
        x = torch.quasirandom.SobolEngine(DIMENSION, scramble=True, seed=seed + spent).draw(INITIAL, dtype=torch.float64)
        y = evaluate(x)
        spent += INITIAL
        while length >= LEAST and spent < BUDGET:
            points = batch(x, y, length, seed + spent)
            values = evaluate(points)
            success = values.min() < y.min() - 1e-3 * y.min().abs()
            successes, failures = (successes + 1, 0) if success else (0, failures + 1)
            if successes == SUCCESSES:
                length, successes = min(2 * length, MOST), 0
            if failures == FAILURES:
                length, failures = length / 2, 0
            x, y, spent = torch.cat([x, points]), torch.cat([y, values]), spent + BATCH
        best = min(best, y.min().item())
        if spent >= BUDGET:
            return best


def main():
    warnings.filterwarnings("ignore")
    torch.set_num_threads(1)
    cases = []
    for function, low, high in CASES:
        values = [best_value(function, low, high, 1000 * seed) for seed in range(1, SEEDS + 1)]
        cases.append({"function": function.__name__, "lower": low, "upper": high, "median": float(np.median(values)),
                      "deviation_of_log": float(np.std(np.log(values), ddof=1))})
        print(cases[-1], flush=True)
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        json.dump({"package": f"botorch {botorch.__version__}", "dimension": DIMENSION, "budget": BUDGET,
                   "batch": BATCH, "initial": INITIAL, "candidates": CANDIDATES, "seeds": SEEDS, "cases": cases},
                  out, indent=1)
        out.write("\n")


if __name__ == "__main__":
    main()

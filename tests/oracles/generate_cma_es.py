#!/usr/bin/env python3
"""Evaluations that Hansen's own CMA-ES takes, for tests/optimizers/cma_es_test.cpp.

    generate_cma_es.py OUT.json

Runs the package `cma` from one start with many seeds until the target is reached, with the strategy parameters of the
tutorial (arXiv 1604.00772) where the package has since chosen others: the step size's rate and damping, and no active
update. The functions are written again in tests/optimizers/test_functions.h.
"""

import json
import math
import sys
import warnings

import cma
import numpy as np

SEEDS = 51
MAX_EVALUATIONS = 200_000


def sphere(x):
    return float(np.sum(x**2))


def ellipsoid(x):
    return float(np.sum(10 ** (6 * np.arange(len(x)) / (len(x) - 1)) * x**2))


def rosenbrock(x):
    return float(np.sum(100 * (x[1:] - x[:-1] ** 2) ** 2 + (1 - x[:-1]) ** 2))


def ackley(x):
    return float(20 - 20 * np.exp(-0.2 * np.sqrt(np.mean(x**2))) + np.e - np.exp(np.mean(np.cos(2 * np.pi * x))))


def rastrigin(x):
    return float(10 * len(x) + np.sum(x**2 - 10 * np.cos(2 * np.pi * x)))


# function, dimension, every coordinate of the start, first step size, population (0: the default), target
CASES = [
    (sphere, 5, 1.0, 0.5, 0, 1e-10),
    (sphere, 20, 1.0, 0.5, 0, 1e-10),
    (ellipsoid, 5, 1.0, 0.5, 0, 1e-10),
    (ellipsoid, 10, 1.0, 0.5, 0, 1e-10),
    (ellipsoid, 20, 1.0, 0.5, 0, 1e-10),
    (rosenbrock, 10, 0.0, 0.2, 0, 1e-10),
    (ackley, 10, 2.0, 1.0, 20, 1e-8),
    (rastrigin, 5, 2.0, 2.0, 150, 1e-8),
]


def evaluations(function, dimension, start, step_size, population, target, seed):
    """To the first value at or below the target; infinite when the run ends before."""
    options = {"seed": seed, "verbose": -9, "CMA_active": False, "ftarget": target, "maxfevals": MAX_EVALUATIONS}
    if population:
        options["popsize"] = population
    search = cma.CMAEvolutionStrategy(dimension * [start], step_size, options)
    mu = search.sp.weights.mueff
    search.adapt_sigma.cs = (mu + 2) / (dimension + mu + 5)
    search.adapt_sigma.damps = 1 + 2 * max(0, math.sqrt((mu - 1) / (dimension + 1)) - 1) + search.adapt_sigma.cs
    while not search.stop():
        points = search.ask()
        values = [function(np.asarray(x)) for x in points]
        search.tell(points, values)
        if min(values) <= target:
            return search.countevals
    return math.inf


def main():
    warnings.filterwarnings("ignore")
    cases = []
    for function, dimension, start, step_size, population, target in CASES:
        counts = [evaluations(function, dimension, start, step_size, population, target, seed)
                  for seed in range(1, SEEDS + 1)]
        reached = [count for count in counts if math.isfinite(count)]
        cases.append({
            "function": function.__name__, "dimension": dimension, "start": start, "step_size": step_size,
            "population": population, "target": target, "seeds": SEEDS, "reached": len(reached),
            "median": float(np.median(counts)), "deviation_of_log": float(np.std(np.log(reached), ddof=1)),
        })
        print(cases[-1])
    with open(sys.argv[1], "w", encoding="utf-8") as out:
        json.dump({"package": f"cma {cma.__version__}", "cases": cases}, out, indent=1)
        out.write("\n")


if __name__ == "__main__":
    main()

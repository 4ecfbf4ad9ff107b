"""Prints the f32 matrix-product ceiling of the processors it may run on, in FLOP/s: python ceiling.py THREADS.

The best of several products of 2048 x 2048 matrices by PyTorch's library, as processor time on one thread, else by the
clock: nothing that a network does is likely to be faster, but for convolutions by Winograd's method.
"""

from __future__ import annotations

import sys
import time

import torch

SIZE, TRIALS = 2048, 7


def main() -> None:
    """Measure."""
    threads = int(sys.argv[1])
    torch.set_num_threads(threads)
    clock = time.process_time if threads == 1 else time.perf_counter
    left, right = (torch.randn(SIZE, SIZE) for _ in range(2))
    out = left @ right
    best = float("inf")
    for _ in range(TRIALS):
        start = clock()
        torch.mm(left, right, out=out)
        best = min(best, clock() - start)
    print(2 * SIZE**3 / best)


if __name__ == "__main__":
    main()

"""Times one matching iteration: the engine beside PyTorch and JAX. `scripts/bench.sh` calls this.

    python bench/iteration/measure.py COMMAND [PROBLEM...] [--quick] [--screen-only] [--again] [--without WORD...]
                                      [--threads 1 2]

COMMAND is the palimpsest executable. For each problem every kind of side first computes the distance and dD/dx, which
must agree with float64, and is timed alone on one thread (screening; kept in build/bench/PROBLEM/screening.json for as
long as versions stay, unless --again). Of each family the kind with the least processor time then runs in turn with
the others, `--rounds` times, with each number of threads. Results go to bench/results/iteration.json, problem by
problem; others' results in it stay.
"""

from __future__ import annotations

import argparse
import datetime
import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import numpy as np

import sides

FOLDER = Path("build/bench")
RESULTS = Path("bench/results/iteration.json")
PROBLEMS = ("lenet-b1", "resnet20-b1", "resnet20-b8", "resnet18-b1", "resnet18-b4", "resnet18-train-b4", "resnet50-b1",
            "resnet50-b4", "vgg11-b1", "mobilenet-v2-b1", "resnext50-b1", "vit-s16-b1")

# |dD/dx - reference| / |reference|. Smooth networks: rounding. Networks with kinks: a few masks on the other side,
# each about 1e-2 at most; a wrong derivative has an error of about 1.
SMOOTH, SMOOTH_LIMIT, KINKED_LIMIT = ("lenet-b1", "vit-s16-b1"), 1e-3, 0.1
MIXED_LIMIT = 0.1  # for reduced precision, whatever the network
ENGINE = "palimpsest"
SCREENING_RUNS = 3  # the least time counts: what disturbs only adds


def errors(value: tuple[float, np.ndarray], case: Path) -> dict[str, float]:
    """Against PyTorch in double precision."""
    with np.load(case / "reference.npz") as held:
        distance, gradient = float(held["distance"]), held["gradient"]
    found = value[1].astype(np.float64)
    norms = np.linalg.norm(found), np.linalg.norm(gradient)
    return {"distance": abs(value[0] - distance) / abs(distance),
            "gradient": float(np.linalg.norm(found - gradient) / norms[1]),
            "cosine": float((found * gradient).sum() / (norms[0] * norms[1]))}


def limit(problem: str, kind: sides.Kind) -> float:
    """The largest accepted error of dD/dx."""
    if kind.family.endswith("mixed"):
        return MIXED_LIMIT
    return SMOOTH_LIMIT if problem in SMOOTH else KINKED_LIMIT


def checked(side, setting: sides.Setting, kind: sides.Kind) -> dict[str, float]:
    """The side's errors; Failed above the limit."""
    found = errors(side.values(), setting.case)
    if not found["gradient"] <= limit(setting.problem, kind):
        raise sides.Failed(f"dD/dx is off by {found['gradient']:.1e} from float64")
    return found


def warmed(side, seconds: float) -> int:
    """Runs until times have settled; how many iterations last about `seconds`."""
    side.run(1)
    return sides.enough_iterations(side.run(2)["cpu"], seconds)


def screen(kind: sides.Kind, setting: sides.Setting, seconds: float) -> dict:
    """One kind alone: its errors, processor time and memory, or why it fails."""
    side = None
    try:
        side = sides.start(kind, setting)
        found = checked(side, setting, kind)
        count = warmed(side, seconds)
        spent = [side.run(count) for _ in range(SCREENING_RUNS)]
        least = {clock: min(run[clock] for run in spent) for clock in ("cpu", "wall")}
        return {"errors": found, **least, "memory": side.memory()}
    except sides.Failed as failure:
        return {"failed": str(failure)}
    finally:
        if side:
            side.stop()


def peer_versions() -> dict[str, str]:
    """Of the packages that a peer's time can depend on."""
    return {name: version(name) for name in ("torch", "torchvision", "jax", "jaxlib", "numpy", "onnx")}


def left_out(kind: sides.Kind, options: argparse.Namespace) -> bool:
    """Whether --without names it."""
    return any(word in kind.name for word in options.without)


def screened(setting: sides.Setting, options: argparse.Namespace) -> dict[str, dict]:
    """Every kind's screening. Peers' are read where they are known; the engine's are always made."""
    path = setting.case / "screening.json"
    known = json.loads(path.read_text()) if path.exists() and not options.again else {}
    if known.get("versions") != peer_versions():
        known = {"versions": peer_versions(), "kinds": {}}
    for kind in sides.KINDS:
        if kind.name in known["kinds"] and kind.library != ENGINE or left_out(kind, options):
            continue
        known["kinds"][kind.name] = outcome = screen(kind, setting, options.seconds)
        print(f"  {setting.problem} {kind.name}: {describe(outcome)}", flush=True)
        path.write_text(json.dumps(known, indent=1) + "\n")
    return known["kinds"]


def describe(outcome: dict) -> str:
    """One screening in a line."""
    if "failed" in outcome:
        return outcome["failed"]
    return (f"{outcome['cpu'] * 1e3:.2f} ms of processor time, error {outcome['errors']['gradient']:.1e}, "
            f"{outcome['memory']['iteration'] / 2**20:.0f} MiB")


def chosen(outcomes: dict[str, dict]) -> list[sides.Kind]:
    """Of each family the kind with the least processor time, in the order of KINDS.

    Without torch-best where no variant is faster than torch itself.
    """
    best: dict[str, sides.Kind] = {}
    for kind in sides.KINDS:
        if "failed" in outcomes.get(kind.name, {"failed": "left out"}):
            continue
        if kind.family not in best or outcomes[kind.name]["cpu"] < outcomes[best[kind.family].name]["cpu"]:
            best[kind.family] = kind
    if {"torch", "torch-best"} <= best.keys():
        plain, other = (outcomes[best[family].name]["cpu"] for family in ("torch", "torch-best"))
        if plain <= other:
            del best["torch-best"]
    return list(best.values())


def quartiles(values: list[float]) -> dict[str, float]:
    """Median and the quartiles around it."""
    low, middle, high = np.percentile(values, [25, 50, 75])
    return {"median": middle, "low": low, "high": high}


def ratios(times: dict[str, list[dict]]) -> dict[str, dict]:
    """Each side's time over the engine's, round by round: 2 means the engine is twice as fast."""
    found = {}
    for ours in (name for name in times if name.startswith(ENGINE)):
        found[ours] = {
            name: {clock: quartiles([b[clock] / a[clock] for a, b in zip(times[ours], times[name])])
                   for clock in ("wall", "cpu")} for name in times if not name.startswith(ENGINE)}
    return found


def rounds(kinds: list[sides.Kind], setting: sides.Setting, options: argparse.Namespace) -> dict:
    """All kinds in turn, and then the engine's own account."""
    running, failures, counts = {}, {}, {}
    ceiling = sides.ceiling(setting)
    try:
        for kind in kinds:
            try:
                running[kind.family] = side = sides.start(kind, setting)
                counts[kind.family] = warmed(side, options.seconds)
            except sides.Failed as failure:
                failures[kind.family] = str(failure)
                if kind.family in running:
                    running.pop(kind.family).stop()
        times: dict[str, list[dict]] = {family: [] for family in running}
        for _ in range(options.rounds):
            for family, side in running.items():
                times[family].append(side.run(counts[family]))
        engine = {family: side.account() for family, side in running.items() if family.startswith(ENGINE)}
    finally:
        for side in running.values():
            side.stop()
    ceiling = max(ceiling, sides.ceiling(setting))
    with np.load(setting.case / "reference.npz") as held:
        flop = int(held["useful_flop"])
    return {"threads": setting.threads, "kinds": {kind.family: kind.name for kind in kinds}, "iterations": counts,
            "failures": failures, "times": times, "ratios": ratios(times), "useful_flop": flop,
            "ceiling_flops": ceiling, "shares": shares(times, flop, ceiling, setting.threads), "engine": engine}


def shares(times: dict[str, list[dict]], flop: int, ceiling: float, threads: int) -> dict[str, float]:
    """Each side's useful FLOP/s (median round) over the ceiling."""
    clock = "cpu" if threads == 1 else "wall"
    return {name: flop / float(np.median([spent[clock] for spent in found])) / ceiling
            for name, found in times.items()}


def processor() -> str:
    """The processor's name as the kernel gives it."""
    lines = Path("/proc/cpuinfo").read_text().splitlines()
    return next((line.split(":")[1].strip() for line in lines if line.startswith("model name")), "unknown")


def conditions(options: argparse.Namespace) -> dict:
    """What the figures of one problem hold for."""
    called = subprocess.run([options.command, "--version"], capture_output=True, text=True, check=True)
    commit = subprocess.run(["git", "describe", "--always", "--dirty"], capture_output=True, text=True)
    return {"date": datetime.date.today().isoformat(), "processor": processor(), "rounds": options.rounds,
            "seconds_each": options.seconds, "left_out": options.without, "versions": {
                "palimpsest": called.stdout.strip().removeprefix("palimpsest "), "commit": commit.stdout.strip(),
                **peer_versions()},
            "removed_variables": sides.removed_variables()}


def measure(problem: str, options: argparse.Namespace) -> None:
    """One problem; its results are written at its end."""
    subprocess.run([sys.executable, str(sides.HERE / "problems.py"), str(FOLDER), problem], check=True)
    setting = sides.Setting(FOLDER, problem, 1, options.command, options.patience)
    outcomes = screened(setting, options)
    if options.screen_only:
        return
    kinds = chosen({kind.name: outcomes[kind.name] for kind in sides.KINDS if not left_out(kind, options)})
    runs = []
    for threads in options.threads:
        runs.append(rounds(kinds, sides.Setting(FOLDER, problem, threads, options.command, options.patience), options))
        for ours, others in runs[-1]["ratios"].items():
            print(problem, f"{threads} threads", ours, {
                name: f"{ratio['wall']['median']:.2f} wall, {ratio['cpu']['median']:.2f} cpu"
                for name, ratio in others.items()}, flush=True)
    written = json.loads(RESULTS.read_text()) if RESULTS.exists() else {}
    written[problem] = {"conditions": conditions(options), "screening": outcomes, "runs": runs}
    text = json.dumps({name: written[name] for name in PROBLEMS if name in written}, indent=1) + "\n"
    RESULTS.write_text(text.replace(f"{Path.cwd()}/", ""))  # paths as seen from the project


def parse_arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command")
    parser.add_argument("problems", nargs="*", metavar="PROBLEM", help=f"default: all of {', '.join(PROBLEMS)}")
    parser.add_argument("--quick", action="store_true", help="5 rounds of about 0.3 s instead of 7 of 1.5 s")
    parser.add_argument("--screen-only", action="store_true", help="no rounds")
    parser.add_argument("--again", action="store_true", help="screen the peers again")
    parser.add_argument("--without", nargs="+", default=[], metavar="WORD",
                        help="leave out kinds whose names contain it, such as compile; not for figures to be stated")
    parser.add_argument("--threads", type=int, nargs="+", default=[1, 2])
    parser.add_argument("--patience", type=float, default=900, help="seconds until a side is given up")
    options = parser.parse_args()
    if unknown := set(options.problems) - set(PROBLEMS):
        parser.error(f"no problem named {', '.join(sorted(unknown))}; there are {', '.join(PROBLEMS)}")
    options.rounds, options.seconds = (5, 0.3) if options.quick else (7, 1.5)
    return options


def main() -> None:
    """Every problem, or those named."""
    options = parse_arguments()
    FOLDER.mkdir(parents=True, exist_ok=True)
    RESULTS.parent.mkdir(parents=True, exist_ok=True)
    for problem in options.problems or PROBLEMS:
        measure(problem, options)


if __name__ == "__main__":
    main()

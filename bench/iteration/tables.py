"""Writes the table of docs/performance.md again, between its markers, from bench/results/iteration.json."""

from __future__ import annotations

import json
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

import pages  # noqa: E402

RESULTS = Path("bench/results/iteration.json")
PAGE = Path("docs/performance.md")
ENGINES = {"palimpsest": "f32", "palimpsest-tuned": "f32, measured kernels", "palimpsest-mixed": "mixed precision"}
PEERS = ("torch", "torch-best", "jax-grad-grad", "jax-for")
MEBI = 1 << 20
TITLES = {
    "lenet": "LeNet 32", "resnet20": "ResNet-20 32", "resnet18": "ResNet-18", "resnet18-train": "ResNet-18, train BN",
    "resnet50": "ResNet-50", "vgg11": "VGG-11", "mobilenet-v2": "MobileNetV2", "resnext50": "ResNeXt-50 32x4d",
    "vit-s16": "ViT-S/16"}


def title(problem: str) -> str:
    """Network and batch size."""
    network, batch = problem.rsplit("-b", 1)
    return f"{TITLES[network]}, batch {batch}"


def figure(ratio: dict) -> str:
    """Median, and the quartiles it lies between."""
    return f"{ratio['median']:.2f} ({ratio['low']:.2f}–{ratio['high']:.2f})"


def plain_is_best(result: dict) -> bool:
    """Whether PyTorch's variants took part and none was faster than plain PyTorch."""
    return not any(word in "torch-best" for word in result["conditions"]["left_out"])


def ratio_rows(results: dict, threads: int, ours: str) -> list[list[str]]:
    """A peer's time over ours. One thread: processor time; more: by the clock."""
    clock = "cpu" if threads == 1 else "wall"
    rows = []
    for problem, result in results.items():
        run = next((run for run in result["runs"] if run["threads"] == threads), None)
        if run and ours in run["ratios"]:
            found = dict(run["ratios"][ours])
            if "torch" in found and plain_is_best(result):
                found.setdefault("torch-best", found["torch"])
            rows.append([title(problem)] + [figure(found[peer][clock]) if peer in found else "–" for peer in PEERS])
    return rows


def outcome_of(result: dict, family: str) -> dict | None:
    """The screening of the kind that stands for a family."""
    names = result["runs"][0]["kinds"] if result["runs"] else {}
    if family == "torch-best" and family not in names and plain_is_best(result):
        family = "torch"
    return result["screening"].get(names.get(family, ""))


def detail_rows(results: dict, entry) -> list[list[str]]:
    """One figure of each family's screening."""
    rows = []
    for problem, result in results.items():
        cells = [outcome_of(result, family) for family in (*PEERS, *ENGINES)]
        rows.append([title(problem)] + [entry(cell) if cell and "failed" not in cell else "–" for cell in cells])
    return rows


def share_rows(results: dict, threads: int) -> list[list[str]]:
    """Useful FLOP/s over the ceiling."""
    rows = []
    for problem, result in results.items():
        run = next((run for run in result["runs"] if run["threads"] == threads), None)
        if run:
            found = dict(run["shares"])
            if "torch" in found and plain_is_best(result):
                found.setdefault("torch-best", found["torch"])
            rows.append([title(problem)] + [f"{100 * found[family]:.0f} %" if family in found else "–"
                                            for family in (*PEERS, *ENGINES)])
    return rows


def failures(results: dict) -> list[str]:
    """What could not take part, and why, grouped by reason."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for problem, result in results.items():
        found = {name: outcome["failed"] for name, outcome in result["screening"].items() if "failed" in outcome}
        for run in result["runs"]:
            found |= {f"{name}, {run['threads']} threads": reason for name, reason in run["failures"].items()}
        for name, reason in found.items():
            reasons.setdefault((name, reason), []).append(title(problem))
    return [f"- {name} ({'; '.join(where)}): {reason}" for (name, reason), where in reasons.items()]


def choices(results: dict) -> list[list[str]]:
    """Which variant stood for each family."""
    rows = []
    for problem, result in results.items():
        kinds = result["runs"][0]["kinds"] if result["runs"] else {}
        # Where no variant beat plain PyTorch, that is PyTorch's best; a family without runs has none.
        fallback = {"torch-best": kinds.get("torch", "–")} if plain_is_best(result) else {}
        rows.append([title(problem)] + [kinds.get(family, fallback.get(family, "–")).split("/")[-1]
                                        for family in PEERS[1:]])
    return rows


def conditions(results: dict) -> str:
    """One sentence for each different set of conditions: usually one."""
    sentences = []
    for result in results.values():
        held = result["conditions"]
        versions = ", ".join(f"{name} {held['versions'][name]}" for name in ("palimpsest", "torch", "jax"))
        left_out = f"; without {', '.join(held['left_out'])}" if held["left_out"] else ""
        sentence = (f"{held['processor']}; {versions} (commit {held['versions']['commit']}); {held['rounds']} rounds; "
                    f"{held['date']}{left_out}.")
        if sentence not in sentences:
            sentences.append(sentence)
    return "\n".join(sentences)


def section(results: dict) -> str:
    """Everything between the markers."""
    heads = ["PyTorch", "PyTorch, best", "JAX grad of grad", "JAX forward-over-reverse"]
    all_heads = ["", *heads, *(f"engine, {words}" for words in ENGINES.values())]
    parts = [conditions(results)]
    for threads in (1, 2):
        for ours, words in ENGINES.items():
            if rows := ratio_rows(results, threads, ours):
                clock = "processor time on one thread" if threads == 1 else "time by the clock on two threads"
                parts.append(f"**Peer's time over the engine's ({words}), {clock}:** median (quartiles)")
                parts.append(pages.table([""] + heads, rows))
    for threads in (1, 2):
        if rows := share_rows(results, threads):
            parts.append("**Share of the measured matrix-product ceiling of f32, "
                         f"{threads} thread{'s' if threads > 1 else ''}:**")
            parts.append(pages.table(all_heads, rows))
    parts += ["**Memory of an iteration above weights and target, MiB, one thread:**",
              pages.table(all_heads, detail_rows(results, lambda cell: f"{cell['memory']['iteration'] / MEBI:.0f}")),
              "**Relative error of dD/dx against float64:**",
              pages.table(all_heads, detail_rows(results, lambda cell: f"{cell['errors']['gradient']:.1e}")),
              "**Which variant was fastest:**", pages.table([""] + heads[1:], choices(results))]
    if lines := failures(results):
        parts += ["**Could not take part:**", "\n".join(lines)]
    return "\n\n".join(parts)


def main() -> None:
    """Replace what stands between `<!-- iteration -->` and `<!-- end -->`."""
    results = json.loads(RESULTS.read_text())
    PAGE.write_text(pages.with_part(PAGE.read_text(), "iteration", section(results)))


if __name__ == "__main__":
    main()

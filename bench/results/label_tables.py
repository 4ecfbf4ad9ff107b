"""The text of docs/results.md on label recovery, from bench/results/labels.json."""

from __future__ import annotations

from collections.abc import Callable

Table = Callable[[list[str], list[list[str]]], str]


def percent(value: float) -> str:
    """A share in percent, without its sign."""
    return f"{100 * value:.0f}"


def network_table(cells: list[dict], rules: list[str], table: Table) -> str:
    """One network: a line for each kind of labels and batch size, untrained / trained in each field."""
    rows = []
    for kind in ("distinct", "drawn", "skewed"):
        for cell in cells:
            if cell["labels"] == kind:
                rows.append([f"{kind}, {cell['batch']}"] + [
                    f"{percent(cell['untrained'][rule])} / {percent(cell['trained'][rule])}" for rule in rules] +
                    [percent(cell["chance"])])
    return table(["labels, batch", *rules, "chance"], rows)


def section(result: dict, table: Table) -> str:
    """Conditions, and a table for each network. `table` writes Markdown from a head and rows."""
    held = result["settings"]
    parts = [f"Instance recall in percent, untrained / trained; means over {held['batches']} batches of held-out "
             f"pictures; palimpsest {held['version']}; {held['date']}."]
    for title in dict.fromkeys(cell["title"] for cell in result["cells"]):
        cells = [cell for cell in result["cells"] if cell["title"] == title]
        parts += [f"**{title}**", network_table(cells, held["rules"], table)]
    return "\n\n".join(parts)

"""Tables in Markdown, and pages whose parts between markers are written again."""

from __future__ import annotations

import re


def table(head: list[str], rows: list[list[str]]) -> str:
    """A Markdown table, numbers to the right of the first column."""
    lines = [head, ["---"] + ["---:"] * (len(head) - 1), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def has_part(page: str, name: str) -> bool:
    """Whether the page has the marker."""
    return f"<!-- {name} -->\n" in page


def with_part(page: str, name: str, text: str) -> str:
    """The page with `text` between `<!-- NAME -->` and `<!-- end -->`, which it must have once."""
    block = re.compile(f"(<!-- {re.escape(name)} -->\n).*?(<!-- end -->)", re.DOTALL)
    page, count = block.subn(lambda match: f"{match[1]}{text}\n{match[2]}", page)
    if count != 1:
        raise SystemExit(f"one '<!-- {name} -->' … '<!-- end -->' expected, {count} found")
    return page

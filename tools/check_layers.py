#!/usr/bin/env python3
"""Holds the sources against the project's structure.

    check_layers.py [ROOT]      a git working tree; default: the one this script lies in

Reads every #include of the project's own headers and refuses one that the table of layers
does not allow, cycles between folders, files over 400 lines, and functions over 60 lines.
Prints each violation as file:line: reason; exits 1 when there is any.
"""

import re
import subprocess
import sys
from pathlib import Path

MAX_FILE_LINES = 400
MAX_FUNCTION_LINES = 60

# Folder -> folders whose headers it may include, besides its own.
LAYERS = {
    "graph": set(),
    "ops": {"graph"},
    "ops/kernels": {"graph", "ops", "runtime"},
    "autodiff": {"ops", "graph"},
    "passes": {"ops", "graph"},
    "runtime": {"graph"},
    "runtime/cuda": {"graph", "runtime", "ops"},
    "onnx_import": {"ops", "graph"},
    "optimizers": {"ops", "graph", "runtime"},
    "registration": {"graph"},
    "inversion": {"optimizers", "registration", "passes", "autodiff", "runtime", "ops", "graph"},
}
EVERYTHING = {"tools", "tests", "bench", "examples", "capi", "python"}

INCLUDE = re.compile(r'^\s*#include "([^"]+)"')
SCOPE = re.compile(r'\s*(//|namespace\b|extern "C" \{|class\b|struct\b|enum\b|union\b)')


def sources(root):
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.h", "*.cpp", "*.cu", "*.cuh"],
        cwd=root, capture_output=True, text=True, check=True)
    return sorted(root / line for line in listed.stdout.splitlines() if (root / line).exists())


def layer_of(path):
    """The row of LAYERS that governs a file, given relative to the root."""
    top = path.parts[0]
    if top == "ops" and (path.name.startswith("cpu") or path.suffix in (".cu", ".cuh")):
        return "ops/kernels"
    if path.parts[:2] == ("runtime", "cuda"):
        return "runtime/cuda"
    return top


def is_test_rows(path):
    return path.name == "cases.cpp"


def include_violations(path, lines):
    layer = layer_of(path)
    if layer in EVERYTHING or is_test_rows(path):
        return
    for number, line in enumerate(lines, 1):
        match = INCLUDE.match(line)
        if not match or "/" not in match[1]:
            continue
        target = match[1].split("/")[0]
        if target == path.parts[0] or target in LAYERS.get(layer, set()):
            continue
        yield f"{path}:{number}: {layer} may not include {match[1]}"


def heading(lines, number):
    """The line where what opens a brace on this line begins: what goes on is indented by four."""
    while number > 0 and lines[number].startswith("    "):
        number -= 1
    return number


def function_violations(path, lines):
    """Outermost braces of functions, found by indentation as clang-format leaves it."""
    start = None
    for number, line in enumerate(lines):
        if start is None and line.endswith("{"):
            head = heading(lines, number)
            if not SCOPE.match(lines[head]):
                start, indent = head, len(lines[head]) - len(lines[head].lstrip())
        elif start is not None and line.startswith(" " * indent + "}"):
            length = number - start + 1
            if length > MAX_FUNCTION_LINES:
                yield f"{path}:{start + 1}: function of {length} lines (at most {MAX_FUNCTION_LINES})"
            start = None


def folder_cycles(edges):
    """Pairs of folders that reach each other through includes."""
    reach = {folder: set(targets) for folder, targets in edges.items()}
    changed = True
    while changed:
        changed = False
        for folder, targets in reach.items():
            wider = set().union(targets, *(reach.get(target, set()) for target in targets))
            if wider != targets:
                reach[folder], changed = wider, True
    return sorted({tuple(sorted((a, b))) for a in reach for b in reach[a] if a != b and a in reach.get(b, set())})


def folder_of(path):
    """Folders for the cycle check: kernels count as a folder of their own."""
    return layer_of(path) if layer_of(path) in ("ops/kernels", "runtime/cuda") else path.parts[0]


def main():
    root = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parent.parent).resolve()
    violations, edges = [], {}
    for file in sources(root):
        path = file.relative_to(root)
        lines = file.read_text(encoding="utf-8").splitlines()
        if len(lines) > MAX_FILE_LINES:
            violations.append(f"{path}: {len(lines)} lines (at most {MAX_FILE_LINES})")
        violations += include_violations(path, lines)
        violations += function_violations(path, lines)
        if path.parts[0] in EVERYTHING or is_test_rows(path):
            continue
        for line in lines:
            match = INCLUDE.match(line)
            if match and "/" in match[1]:
                target = folder_of(Path(match[1]))
                if target != folder_of(path):
                    edges.setdefault(folder_of(path), set()).add(target)
    violations += [f"cycle between folders {a} and {b}" for a, b in folder_cycles(edges)]
    print("\n".join(violations) if violations else "structure holds")
    return 1 if violations else 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Plants the wrong derivatives of mutants.txt one at a time and counts what the proof catches.

Works in a copy of the tree under the folder given, so that the sources are never touched.
Exit code 0 only when the proof passes unchanged and fails for every mutant.
"""

import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = ["graph", "ops", "autodiff", "runtime", "cmake", "tests/autodiff", "tests/support"]
TIME_LIMIT_S = 600


@dataclass
class Mutant:
    kind: str
    file: str
    old: str
    new: str


def read_mutants(path):
    mutants, kind, file, old = [], None, None, None
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("@ "):
            kind, file = line[2:].split(": ")
        elif line.startswith("- "):
            old = line[2:]
        elif line.startswith("+"):
            mutants.append(Mutant(kind, file, old, line[2:]))
    return mutants


def copy_tree(tree):
    """Brings the copy up to date; files that did not change keep their time, and so their objects."""
    wanted = {Path("tests/main.cpp"): ROOT / "tests/main.cpp",
              Path("CMakeLists.txt"): ROOT / "tests/mutants/CMakeLists.txt"}
    for folder in FOLDERS:
        wanted |= {file.relative_to(ROOT): file for file in (ROOT / folder).rglob("*") if file.is_file()}
    for file in [file for file in tree.rglob("*") if file.is_file()]:
        if file.relative_to(tree) not in wanted:
            file.unlink()
    for name, source in wanted.items():
        target = tree / name
        if not target.exists() or target.read_bytes() != source.read_bytes():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, target)


def configure(tree, build):
    command = ["cmake", "-S", tree, "-B", build, "-G", "Ninja", "-DCMAKE_BUILD_TYPE=Release",
               "-DCMAKE_CXX_FLAGS_RELEASE=-O1 -DNDEBUG"]
    if shutil.which("ccache"):
        command.append("-DCMAKE_CXX_COMPILER_LAUNCHER=ccache")
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def builds(build):
    done = subprocess.run(["ninja", "-C", build], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        print(done.stdout[-3000:])
    return done.returncode == 0


def passes(build):
    """True when every test passes; stops at the first that does not."""
    return subprocess.run([build / "palimpsest_proof", "--abort-after=1"], capture_output=True,
                          check=False, timeout=TIME_LIMIT_S).returncode == 0


def outcome(mutant, tree, build):
    path = tree / mutant.file
    source = path.read_text(encoding="utf-8")
    if source.count(mutant.old) != 1:
        return "does not apply"
    path.write_text(source.replace(mutant.old, mutant.new), encoding="utf-8")
    try:
        if not builds(build):
            return "does not compile"
        return "SURVIVED" if passes(build) else "caught"
    finally:
        path.write_text(source, encoding="utf-8")


def main():
    folder = Path(sys.argv[1]).resolve()
    tree, build = folder / "tree", folder / "build"
    tree.mkdir(parents=True, exist_ok=True)
    copy_tree(tree)
    configure(tree, build)
    if not builds(build) or not passes(build):
        print("the proof does not pass without any mutant")
        return 1
    mutants = read_mutants(ROOT / "tests/mutants/mutants.txt")
    caught = 0
    for number, mutant in enumerate(mutants, 1):
        result = outcome(mutant, tree, build)
        caught += result == "caught"
        print(f"{number:3}/{len(mutants)}  {result:16} {mutant.kind:18} {mutant.file}: {mutant.new.strip() or 'removed: ' + mutant.old.strip()}",
              flush=True)
    print(f"{caught} of {len(mutants)} mutants caught")
    return 0 if caught == len(mutants) else 1


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Runs another compiler, or clang-tidy, over the sources of a build.

    compile_commands.py BUILD_DIR clang++ FLAG...          each source with its own flags
    compile_commands.py BUILD_DIR clang-tidy FOLDER...     sources of these folders (default: all)

Generated sources are left out. Prints what the tool says about failing files; exits 1 when
there is any. A file that passed is not looked at again until it, a header of the project that
it includes, or the configuration changes.
"""

import concurrent.futures
import functools
import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DROPPED = {"-c", "-o", "ccache"}
INCLUDE = re.compile(r'^\s*#include "([^"]+)"', re.MULTILINE)


def database(build):
    entries = json.loads((build / "compile_commands.json").read_text())
    for entry in entries:
        file = Path(entry["file"]).resolve()
        if file.suffix == ".cpp" and build not in file.parents and file.is_relative_to(ROOT):
            yield file, entry


def flags_of(entry):
    """The entry's flags without compiler, launcher, output and source."""
    words = shlex.split(entry["command"])
    flags, skip = [], True
    for word in words:
        if skip or word in DROPPED or word == entry["file"]:
            skip = word == "-o" or Path(word).name == "ccache"
            continue
        flags.append(word)
    return flags


def commands(build, tool, arguments):
    """File, command line and working folder of each source to look at."""
    for file, entry in database(build):
        if tool != "clang-tidy":
            yield file, [tool, *flags_of(entry), *arguments, str(file)], entry["directory"]
        elif not arguments or file.relative_to(ROOT).parts[0] in arguments:
            yield file, [tool, "--quiet", "-p", str(build), str(file)], entry["directory"]


def run(task):
    file, command, directory = task
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True)
    return file, done.returncode, done.stdout + done.stderr


@functools.cache
def digest_and_includes(file):
    """A file's digest and the project's headers that it includes itself."""
    text = file.read_text()
    named = (base / name for name in INCLUDE.findall(text) for base in (ROOT, file.parent))
    return hashlib.sha256(text.encode()).digest(), [path for path in named if path.exists()]


def fingerprint(command, file):
    """Changes with the command, clang-tidy's configuration, the file and what it includes."""
    state = hashlib.sha256(repr(command).encode() + (ROOT / ".clang-tidy").read_bytes())
    seen, waiting = set(), [file]
    while waiting:
        path = waiting.pop()
        if path not in seen:
            seen.add(path)
            digest, included = digest_and_includes(path)
            state.update(digest)
            waiting += included
    return state.hexdigest()


def main():
    build, tool, arguments = Path(sys.argv[1]).resolve(), sys.argv[2], sys.argv[3:]
    cache_file = build / f"checked-{tool}.json"
    cache = json.loads(cache_file.read_text()) if cache_file.exists() else {}
    tasks, prints = [], {}
    for file, command, directory in commands(build, tool, arguments):
        prints[file] = fingerprint(command, file)
        if cache.get(str(file)) != prints[file]:
            tasks.append((file, command, directory))
    failures = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for file, code, output in pool.map(run, tasks):
            if code == 0:
                cache[str(file)] = prints[file]
                continue
            failures += 1
            print(f"{file.relative_to(ROOT)}:\n{output}")
    cache_file.write_text(json.dumps(cache))
    print(f"{tool}: {len(tasks)} files looked at, {failures} with findings")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())

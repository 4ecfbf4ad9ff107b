#!/usr/bin/env python3
"""Runs another compiler, or clang-tidy, over the sources of a build.

    compile_commands.py BUILD_DIR clang++ FLAG...     each source with its own flags
    compile_commands.py BUILD_DIR clang-tidy          each source, through the database

Generated sources are left out. Prints what the tool says about failing files; exits 1 when
there is any. A file that passed is not looked at again until it, or any header, changes.
"""

import concurrent.futures
import hashlib
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DROPPED = {"-c", "-o", "ccache"}


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


def command_for(tool, extra, build, file, entry):
    if tool == "clang-tidy":
        return [tool, "--quiet", "-p", str(build), str(file)]
    return [tool, *flags_of(entry), *extra, str(file)]


def run(task):
    file, command, directory = task
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True)
    return file, done.returncode, done.stdout + done.stderr


def fingerprint(command, headers, file):
    state = hashlib.sha256(repr(command).encode() + headers + file.read_bytes())
    config = ROOT / ".clang-tidy"
    state.update(config.read_bytes())
    return state.hexdigest()


def headers_state():
    state = hashlib.sha256()
    for header in sorted(ROOT.glob("*/**/*.h")):
        if "build" not in header.relative_to(ROOT).parts:
            state.update(header.read_bytes())
    return state.digest()


def main():
    build, tool, extra = Path(sys.argv[1]).resolve(), sys.argv[2], sys.argv[3:]
    cache_file = build / f"checked-{tool}.json"
    cache = json.loads(cache_file.read_text()) if cache_file.exists() else {}
    headers, tasks, prints = headers_state(), [], {}
    for file, entry in database(build):
        command = command_for(tool, extra, build, file, entry)
        prints[file] = fingerprint(command, headers, file)
        if cache.get(str(file)) != prints[file]:
            tasks.append((file, command, entry["directory"]))
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

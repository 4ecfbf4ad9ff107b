"""The processes that are measured: peers that stay alive, and the engine's command."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

HERE = Path(__file__).parent

# Settings of libraries that can slow or change a side. None reaches one, but for what `environment` sets itself.
REMOVED = ("OPENBLAS_", "MKL_", "KMP_", "GOMP_", "OMP_", "ATEN_", "ONEDNN_", "DNNL_", "XLA_", "TF_XLA_", "TF_NUM_", "JAX_", "TORCH",
           "PYTORCH_", "NPROC", "LD_PRELOAD", "MALLOC_", "GLIBC_TUNABLES")


class Failed(Exception):
    """A side that cannot do the task, with the reason."""


@dataclass(frozen=True)
class Kind:
    """A way to carry out the iteration. Of each `family` the fastest is set beside the engine."""

    family: str
    variant: str

    @property
    def name(self) -> str:
        """Such as jax-for/nhwc."""
        return f"{self.family}/{self.variant}" if self.variant else self.family

    @property
    def library(self) -> str:
        """torch, jax or palimpsest."""
        return self.family.split("-")[0]


KINDS = [
    Kind("palimpsest", ""), Kind("palimpsest-tuned", ""), Kind("palimpsest-mixed", ""),
    Kind("torch", "eager"),
    Kind("jax-for", "for-nchw"), Kind("jax-for", "for-nhwc"),
    Kind("jax-grad-grad", "grad-grad-nchw"), Kind("jax-grad-grad", "grad-grad-nhwc"),
    Kind("torch-best", "eager-channels-last"), Kind("torch-best", "backward"), Kind("torch-best", "func"),
    Kind("torch-best", "for"), Kind("torch-best", "func-compile"), Kind("torch-best", "for-compile"),
]
PLAIN_ADAM = [word for setting in ("objective.total_variation=0", "search.gradient=raw", "search.box=none",
                                   "search.rate=0.01", "schedule.kind=constant") for word in ("--set", setting)]
ENGINE_OPTIONS = {"palimpsest": [], "palimpsest-tuned": ["--kernels", "tuned"],
                  "palimpsest-mixed": ["--precision", "mixed"]}


@dataclass(frozen=True)
class Setting:
    """Where and how a side runs."""

    folder: Path  # that holds the problems' folders
    problem: str
    threads: int
    command: str  # the engine's executable
    patience: float  # seconds until an answer is given up

    @property
    def case(self) -> Path:
        """The problem's own folder."""
        return self.folder / self.problem


def removed_variables() -> dict[str, str]:
    """What is set here and kept from the sides."""
    return {name: value for name, value in os.environ.items() if name.startswith(REMOVED)}


def environment(setting: Setting) -> dict[str, str]:
    """The sides' environment: cleaned, thread counts said, compilers' caches in the benchmark's folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(REMOVED)}
    caches = setting.folder.resolve()
    return kept | {
        "OMP_NUM_THREADS": str(setting.threads), "MKL_NUM_THREADS": str(setting.threads),
        "JAX_COMPILATION_CACHE_DIR": str(caches / f"jax-{setting.threads}"),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0", "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
        "TORCHINDUCTOR_CACHE_DIR": str(caches / f"inductor-{setting.threads}"),
        "XDG_CACHE_HOME": str(caches / "engine")}  # of measured kernels


def pin(threads: int):
    """For a child: as many processors as threads, the last ones, so that no library can use more."""
    processors = sorted(os.sched_getaffinity(0))[-threads:]
    return lambda: os.sched_setaffinity(0, processors)


class PeerSide:
    """peer.py's protocol, seen from outside."""

    def __init__(self, kind: Kind, setting: Setting) -> None:
        self.setting = setting
        script = HERE / f"{kind.library}_side.py"
        call = [sys.executable, str(script), str(setting.folder), setting.problem, kind.variant]
        if kind.library == "torch":
            call.append(str(setting.threads))
        self.log = open(setting.case / f"{kind.name.replace('/', '-')}.log", "w")
        self.process = subprocess.Popen(call, env=environment(setting), preexec_fn=pin(setting.threads), text=True,
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=self.log)
        try:
            self.versions = self.answer()["versions"]
        except Failed:
            self.stop()
            raise

    def answer(self) -> dict:
        """The next line; Failed where it says so, or never comes."""
        readable, _, _ = select.select([self.process.stdout], [], [], self.setting.patience)
        if not readable:
            raise Failed(f"no answer in {self.setting.patience:.0f} s")
        line = self.process.stdout.readline()
        if not line:
            raise Failed(f"ended with {self.process.wait()}")
        reply = json.loads(line)
        if "failed" in reply:
            raise Failed(reply["failed"])
        return reply

    def ask(self, **request) -> dict:
        """One question."""
        try:
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
        except BrokenPipeError as error:
            raise Failed("ended") from error
        return self.answer()

    def values(self) -> tuple[float, np.ndarray]:
        """Distance and dD/dx at the first images."""
        path = self.setting.case / f"gradient-{os.getpid()}.npy"
        distance = self.ask(do="values", gradient=str(path))["distance"]
        gradient = np.load(path)
        path.unlink()
        return distance, gradient

    def run(self, iterations: int) -> dict[str, float]:
        """Seconds an iteration, `wall` and `cpu`."""
        spent = self.ask(do="run", iterations=iterations)
        return {clock: spent[clock] / iterations for clock in ("wall", "cpu")}

    def memory(self) -> dict[str, int]:
        """Bytes: resident when loaded, peak, and what iterating took in between."""
        held = self.ask(do="memory")
        return {"loaded": held["loaded"], "peak": held["peak"], "iteration": held["peak"] - held["loaded"]}

    def stop(self) -> None:
        """Ends the process."""
        self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.log):
            stream.close()


@dataclass
class EngineSide:
    """`palimpsest bench`, one process for each call; what it does before it times is not counted."""

    kind: Kind
    setting: Setting
    versions: dict[str, str] = field(default_factory=dict)
    last: dict = field(default_factory=dict)

    def call(self, iterations: int, warmup: int, extra: list[str]) -> dict:
        """Runs the command and returns its data."""
        case = self.setting.case
        with np.load(case / "case.npz") as held:
            labels = ",".join(str(label) for label in held["labels"])
        call = [self.setting.command, "bench", str(case / "model.onnx"), "--update", str(case / "update.npz"),
                "--labels", labels, "--start", str(case / "start.npz"), "--recipe", "inverting-gradients",
                *PLAIN_ADAM, "--iterations", str(iterations), "--warmup", str(warmup),
                "--threads", str(self.setting.threads), "--json", *ENGINE_OPTIONS[self.kind.family], *extra]
        try:
            ended = subprocess.run(call, env=environment(self.setting), preexec_fn=pin(self.setting.threads),
                                   capture_output=True, text=True, timeout=self.setting.patience)
        except subprocess.TimeoutExpired as error:
            raise Failed(f"no answer in {self.setting.patience:.0f} s") from error
        except OSError as error:
            raise Failed(f"{self.setting.command}: {error.strerror}") from error
        if ended.returncode:
            lines = (ended.stderr or ended.stdout).strip().splitlines()
            raise Failed(f"exit {ended.returncode}: {lines[-1] if lines else ''}")
        reply = json.loads(ended.stdout)
        self.last = reply.get("data", reply)
        self.versions = {"palimpsest": self.last["version"]}
        return self.last

    def values(self) -> tuple[float, np.ndarray]:
        """Distance and dD/dx at the first images."""
        path = self.setting.case / f"gradient-{os.getpid()}.npz"
        data = self.call(1, 0, ["--profile", "0", "--gradient", str(path)])
        with np.load(path) as held:
            gradient = held["gradient.images"]
        path.unlink()
        return data["matching"], gradient

    def run(self, iterations: int) -> dict[str, float]:
        """Seconds an iteration, `wall` and `cpu`."""
        data = self.call(iterations, 2, ["--profile", "0"])
        return {clock: sum(data[f"{clock}_seconds"]) / iterations for clock in ("wall", "cpu")}

    def account(self) -> dict:
        """The command's own: memory, products, time by role and primitive, ceilings. Without single nodes."""
        data = self.call(1, 2, ["--profile", "3"])
        return {name: value for name, value in data.items() if name not in ("nodes", "wall_seconds", "cpu_seconds")}

    def memory(self) -> dict[str, int]:
        """Bytes: the plan without one copy of weights and target each, and the process's peak with import."""
        with np.load(self.setting.case / "update.npz") as held:
            parameters = sum(held[name].nbytes for name in held.files)
        plan = self.last["memory_bytes"]["total"]
        return {"loaded": 2 * parameters, "peak": plan, "iteration": plan - 2 * parameters,
                "process_peak": self.last["peak_resident_bytes"]}

    def stop(self) -> None:
        """Nothing stays alive."""


def start(kind: Kind, setting: Setting):
    """The side, loaded; Failed with the reason where it cannot be."""
    return EngineSide(kind, setting) if kind.library == "palimpsest" else PeerSide(kind, setting)


def ceiling(setting: Setting) -> float:
    """The matrix-product ceiling of these processors at this moment, FLOP/s."""
    call = [sys.executable, str(HERE / "ceiling.py"), str(setting.threads)]
    ended = subprocess.run(call, env=environment(setting), preexec_fn=pin(setting.threads), capture_output=True,
                           text=True, check=True)
    return float(ended.stdout)


def enough_iterations(seconds: float, wanted: float) -> int:
    """How many iterations last about `wanted` seconds: at least 2."""
    return max(2, min(1000, round(wanted / max(seconds, 1e-6))))

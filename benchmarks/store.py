"""Results, one JSON line each: stored as soon as they are there, and not measured again."""

import hashlib
import json
import multiprocessing
import os
import resource
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

RESULTS = Path(__file__).parent / "results"
#: How long a run may take before its process is ended [times its limit, and seconds on top].
PATIENCE, GRACE_S = 3.0, 60.0

#: What a run came to: an outcome's names and values, all of them fit for JSON.
Outcome = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class Run:
    """One measurement to be made; equal runs are made once.

    Parameters
    ----------
    instance, engine : str
    seed : int
    limit_s : float
        Wall time the engine is given [s].
    threads : int
        Cores the engine may use.
    code : str
        A digest of what would change the result: see `digest`.
    """

    instance: str
    engine: str
    seed: int
    limit_s: float
    threads: int
    code: str


def digest(*paths: Path) -> str:
    """Return a short digest of files, and of the Python sources below folders."""
    made = hashlib.sha256()
    for path in paths:
        for file in sorted(path.rglob("*.py")) if path.is_dir() else [path]:
            made.update(file.read_bytes())
    return made.hexdigest()[:10]


def outcomes(
    path: Path, runs: Iterable[Run], measure: Callable[[Run], Outcome]
) -> Iterator[tuple[Run, Outcome]]:
    """Yield every run with its outcome, measured one after the other where none is stored.

    Parameters
    ----------
    path : Path
        The file of results; made if need be.
    runs : iterable of Run
    measure : callable
        A function of a module, called in a fresh process. Where it raises, where the process dies
        or outstays its limit by far, the outcome is `{"failed": the reason}`, stored like another.
    """
    stored = _stored(path)
    for run in runs:
        if run not in stored:
            stored[run] = _measured(run, measure)
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(asdict(run) | stored[run]) + "\n")
        yield run, stored[run]


def _stored(path: Path) -> dict[Run, Outcome]:
    if not path.exists():
        return {}
    found = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        run = Run(**{name: row.pop(name) for name in Run.__dataclass_fields__})
        found[run] = row
    return found


def _measured(run: Run, measure: Callable[[Run], Outcome]) -> Outcome:
    """Return the outcome of a run in a process of its own, so that its memory is its own."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_send_outcome, args=(run, measure, theirs))
    process.start()
    theirs.close()
    patience_s = PATIENCE * run.limit_s + GRACE_S
    try:
        if not ours.poll(patience_s):
            return {"failed": f"no answer in {patience_s:.0f} s"}
        outcome: Outcome = ours.recv()
        return outcome
    except EOFError:
        process.join()
        return {"failed": f"the process ended by itself, with code {process.exitcode}"}
    finally:
        process.kill()
        process.join()
        ours.close()


def _send_outcome(run: Run, measure: Callable[[Run], Outcome], pipe: Connection) -> None:
    try:
        outcome = measure(run)
    except Exception as error:
        outcome = {"failed": f"{type(error).__name__}: {error}"}
    pipe.send(outcome | {"memory_mb": memory_mb(), "load": round(os.getloadavg()[0], 1)})


def memory_mb() -> int:
    """Return the most memory this process, or one it waited for, ever held [MiB]."""
    most = max(resource.getrusage(who).ru_maxrss for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return most // (2**20 if sys.platform == "darwin" else 2**10)


class Stopwatch:
    """Measures a `with` block: wall time, and processor time with that of ended child processes [s]."""

    wall_s = cpu_s = 0.0

    def __enter__(self) -> "Stopwatch":
        self._began = time.monotonic(), self._cpu_s()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall_s = round(time.monotonic() - self._began[0], 2)
        self.cpu_s = round(self._cpu_s() - self._began[1], 2)

    @staticmethod
    def _cpu_s() -> float:
        times = os.times()
        return times.user + times.system + times.children_user + times.children_system

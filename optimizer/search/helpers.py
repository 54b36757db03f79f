"""More processes, which search parts of a problem for whoever started them.

The other end is `python -m optimizer.search.helpers`. A part is a problem of its own, and what is found in
it orders of its tasks: whoever can carry both, over a network too, can help.
"""

import contextlib
import os
import pickle
import select
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from optimizer.search.annealing import Annealing, Stretch
from optimizer.search.data import Data, Orders

#: How long a helper is waited for after its time [s]; one who is late is left out until it is done.
PATIENCE_S = 0.5
#: A search shorter than this is over before a helper has begun [s].
WORTHWHILE_S = 4.0
#: How often whoever waits for an answer looks whether to go on [s].
_SLICE_S = 0.05

#: Orders, and what they save [cents].
Found = tuple[Orders, float]


@dataclass(frozen=True)
class Job:
    """A part of a problem, where to begin and how long to search."""

    data: Data
    orders: Orders
    seed: int
    stretch: Stretch

    def done(self, stop: Callable[[], bool], on_better: Callable[[float, int], None]) -> Found:
        """Return where the search is in the end, and what that saves [cents].

        `on_better` is told what was saved since the begin [cents] and how many tasks more are left out.
        """
        search = Annealing(self.data, self.orders, self.seed)
        cents, left_out = search.cents[1], search.left_out
        search.run(self.stretch, stop, lambda: on_better(cents - search.cents[1], search.left_out - left_out))
        return search.now, float(cents - search.cents[0])


class Helper:
    """One process that helps; `idle` once it has begun, and has answered whatever it was asked."""

    def __init__(self) -> None:
        root = str(Path(__file__).resolve().parents[2])
        paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "optimizer.search.helpers"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        )
        self.alive, self.idle = True, False

    def ask(self, job: Job) -> None:
        """Give it something to do."""
        assert self._process.stdin is not None
        self.idle = False
        try:
            pickle.dump(job, self._process.stdin, protocol=5)
            self._process.stdin.flush()
        except OSError:
            self.leave()

    def answer(self, until: float, stop: Callable[[], bool] = lambda: False) -> Found | None:
        """Return what it found, None if there is nothing until a moment of `time.monotonic` or `stop`."""
        assert self._process.stdout is not None
        if not self.alive:
            return None
        try:
            while not select.select([self._process.stdout], [], [], 0)[0]:
                if time.monotonic() >= until or stop():
                    return None
                select.select([self._process.stdout], [], [], _SLICE_S)
            found: Found | None = pickle.load(self._process.stdout)
        except (OSError, EOFError, pickle.UnpicklingError):
            self.leave()
            return None
        self.idle = True
        return found

    def leave(self) -> None:
        """End it."""
        self.alive = False
        self._process.kill()
        self._process.wait()
        for stream in (self._process.stdin, self._process.stdout):
            with contextlib.suppress(OSError):  # what it was told last is still in the pipe
                if stream is not None:
                    stream.close()


class Helpers:
    """Helping processes, none where there is nothing to help with.

    Parameters
    ----------
    count : int
    """

    def __init__(self, count: int) -> None:
        self._helpers = [Helper() for _ in range(count)]

    @property
    def count(self) -> int:
        """How many there are, whether they have begun or not."""
        return sum(helper.alive for helper in self._helpers)

    @property
    def have_begun(self) -> bool:
        """Whether all of them have begun, and have nothing to do."""
        return len(self.ready()) == self.count

    def ready(self) -> list[Helper]:
        """Return who has nothing to do; answers that came too late are let go."""
        self._helpers = [helper for helper in self._helpers if helper.alive]
        for helper in self._helpers:
            if not helper.idle:
                helper.answer(0.0)
        return [helper for helper in self._helpers if helper.alive and helper.idle]

    def __enter__(self) -> "Helpers":
        return self

    def __exit__(self, *_: object) -> None:
        for helper in self._helpers:
            if helper.alive:
                helper.leave()


def help_search(inbox: IO[bytes], outbox: IO[bytes]) -> None:
    """Say that one has begun, then search what one is asked to, until nobody asks any more."""
    asker = os.getppid()
    _tell(outbox, None)
    while True:
        job: Job = pickle.load(inbox)
        _tell(outbox, job.done(lambda: os.getppid() != asker, lambda *_: None))


def _tell(outbox: IO[bytes], found: Found | None) -> None:
    pickle.dump(found, outbox, protocol=5)
    outbox.flush()


def main() -> None:
    """Help whoever started this process; end when it does."""
    outbox = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not garble the answers
    with contextlib.suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        help_search(sys.stdin.buffer, outbox)


if __name__ == "__main__":
    main()

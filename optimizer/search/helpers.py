"""More processes at the same problem, which tell each other their best from time to time.

The other end is `python -m optimizer.search.helpers`. Both ends meet at the same moments of the
machine's clock; whoever does not come is left behind.
"""

import contextlib
import os
import pickle
import select
import subprocess
import sys
from pathlib import Path
from typing import IO, Any

from optimizer.search.annealing import Annealing, Orders
from optimizer.search.data import Data

#: How often bests are exchanged in a search, and the least and most time between [s].
_MEETINGS, _LEAST_S, _MOST_S = 12, 0.5, 5.0
#: How long to wait for a helper at a meeting [s]; one who is late is heard at the next.
_PATIENCE_S = 0.5
#: A search shorter than this is over before a helper has begun [s].
WORTHWHILE_S = 4.0
#: A travel matrix larger than this is not copied into further processes [bytes].
MOST_BYTES = 200_000_000

Best = tuple[float, Orders]


def meetings(began: float, until: float) -> list[float]:
    """Return the moments at which bests are exchanged."""
    step_s = min(_MOST_S, max(_LEAST_S, (until - began) / _MEETINGS))
    count = int((until - began) / step_s)
    return [began + number * step_s for number in range(2, count)]


class Helpers:
    """Helping processes; give none where one is enough.

    Parameters
    ----------
    count : int
    data : Data
    orders : list of list of int
    seed : int
        Each helper has one of its own, made from it.
    began, until : float
        Moments of `time.monotonic`.
    """

    def __init__(self, count: int, data: Data, orders: Orders, seed: int, began: float, until: float) -> None:
        self._processes: list[subprocess.Popen[bytes]] = []
        root = str(Path(__file__).resolve().parents[2])
        paths = [root, *filter(None, [os.environ.get("PYTHONPATH")])]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(paths)}
        for number in range(count):
            self._processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", "optimizer.search.helpers"],
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    env=environment,
                )
            )
            self._tell(self._processes[-1], (data, orders, seed + 1_000_003 * (number + 1), began, until))

    def meet(self, best: Best) -> Best:
        """Return the best of all that are here, given one's own, and tell it to those who have worse."""
        heard = [(process, self._hear(process)) for process in list(self._processes)]
        for _, theirs in heard:
            if theirs is not None and theirs[0] < best[0]:
                best = theirs
        for process, theirs in heard:
            if theirs is not None:
                self._tell(process, best if theirs[0] > best[0] else None)
        return best

    def _tell(self, process: "subprocess.Popen[bytes]", what: object) -> None:
        assert process.stdin is not None
        try:
            pickle.dump(what, process.stdin, protocol=5)
            process.stdin.flush()
        except OSError:
            self._leave(process)

    def _hear(self, process: "subprocess.Popen[bytes]") -> Best | None:
        assert process.stdout is not None
        try:
            if not select.select([process.stdout], [], [], _PATIENCE_S)[0]:
                return None
            heard: Best = pickle.load(process.stdout)
            return heard
        except (OSError, EOFError, pickle.UnpicklingError):
            self._leave(process)
            return None

    def _leave(self, process: "subprocess.Popen[bytes]") -> None:
        if process in self._processes:
            self._processes.remove(process)
        process.kill()
        process.wait()
        for stream in (process.stdin, process.stdout):
            with contextlib.suppress(OSError):  # what it was told last is still in the pipe
                if stream is not None:
                    stream.close()

    def __enter__(self) -> "Helpers":
        return self

    def __exit__(self, *_: object) -> None:
        for process in list(self._processes):
            self._leave(process)


def help_search(inbox: IO[bytes], outbox: IO[bytes]) -> None:
    """Search, and exchange bests, until the time is up or nobody listens."""
    task: tuple[Data, Orders, int, float, float] = pickle.load(inbox)
    data, orders, seed, began, until = task
    search = Annealing(data, orders, seed)
    for moment in [*meetings(began, until), until]:
        search.run(began, until, lambda: False, lambda: None, pause_at=moment)
        pickle.dump((float(search.cents[1]), search.best), outbox, protocol=5)
        outbox.flush()
        better: Any = pickle.load(inbox)
        if better is not None:
            search.go_on_from(better[1])


def main() -> None:
    """Help whoever started this process; end when it does."""
    outbox = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever prints must not garble the answers
    with contextlib.suppress(EOFError, BrokenPipeError, KeyboardInterrupt):
        help_search(sys.stdin.buffer, outbox)


if __name__ == "__main__":
    main()

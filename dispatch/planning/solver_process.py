"""The process that solves: reads a problem from its input, writes progress and the result to its output.

Run as ``python -m dispatch.planning.solver_process``. The search holds Python's lock most of
the time, so nothing else can live beside it. The other end writes one byte to ask for an early end;
when that end dies, its pipe closes, and this process ends too.
"""

from __future__ import annotations

import os
import pickle
import select
import time
from typing import IO, Any

from optimizer.result import Progress
from optimizer.solve import solve
from optimizer.warmth import warm


class _Ear:
    """Hears on file descriptor `inbox` whether to stop; ends the process when nobody is there any more."""

    def __init__(self, inbox: int) -> None:
        self.inbox = inbox
        self.asked = False

    def should_stop(self) -> bool:
        while not self.asked and select.select([self.inbox], [], [], 0)[0]:
            if not os.read(self.inbox, 1):
                os._exit(1)
            self.asked = True
        return self.asked


def serve(inbox: int, answers: IO[bytes]) -> None:
    """Solve the one problem sent to `inbox`; answer in (kind, value) pairs.

    What is sent is (problem, seconds, processes, began): seconds are counted from `began` on, a moment of
    `time.monotonic`, which all processes share; half of them are for the search at least.

    Parameters
    ----------
    inbox : int
        File descriptor, closed by the other end's death.
    answers : binary file
        Gets any number of ``progress``, then one ``result`` or ``error``.
    """
    with os.fdopen(os.dup(inbox), "rb", buffering=0) as stream:
        problem, seconds, processes, began = pickle.load(_Exactly(stream))

    def send(kind: str, value: Any) -> None:
        pickle.dump((kind, value), answers, protocol=5)
        answers.flush()

    def on_progress(progress: Progress) -> None:
        send("progress", progress)

    ear = _Ear(inbox)
    try:
        warm()
        found = solve(
            problem,
            seconds=max(seconds - (time.monotonic() - began), seconds / 2),
            processes=processes,
            on_progress=on_progress,
            should_stop=ear.should_stop,
        )
        send("result", found)
    except (RuntimeError, ValueError, MemoryError) as error:
        send("error", f"{type(error).__name__}: {error}")


def main() -> None:
    """Serve standard input and output."""
    answers = os.fdopen(os.dup(1), "wb")
    # Whatever prints must not garble the answers.
    os.dup2(2, 1)
    # The pages of the same machine come first.
    os.nice(5)
    serve(0, answers)


class _Exactly:
    """Reads just what is asked for, so that a byte sent later stays in the pipe."""

    def __init__(self, stream: Any) -> None:
        self.stream = stream

    def read(self, size: int) -> bytes:
        buffer = bytearray(size)
        self.readinto(memoryview(buffer))
        return bytes(buffer)

    def readinto(self, view: Any) -> int:
        view, filled = memoryview(view).cast("B"), 0
        while filled < len(view):
            got = self.stream.readinto(view[filled:])
            if not got:
                os._exit(1)
            filled += got
        return filled

    def readline(self) -> bytes:
        line = bytearray()
        while not line.endswith(b"\n"):
            line += self.read(1)
        return bytes(line)


if __name__ == "__main__":
    main()

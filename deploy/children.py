"""The processes a start has: begun, watched, begun again and ended together."""

from __future__ import annotations

import contextlib
import os
import signal
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any

END_S = 6
"""Seconds that processes get to end by themselves."""
LIVED_LONG_S = 60
LONGEST_PAUSE_S = 30.0


def stop_on_signals(*numbers: signal.Signals) -> None:
    """Have these signals raise KeyboardInterrupt once; more of them do not disturb the ending."""

    def stop(*_: Any) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise KeyboardInterrupt

    for number in numbers:
        signal.signal(number, stop)


class Child:
    """One Python process in a process group of its own, so that Ctrl-C reaches only the launcher."""

    def __init__(self, name: str, arguments: tuple[str, ...], **options: Any) -> None:
        self.name = name
        self.arguments = arguments
        self.options = options
        self.pause_s = 1.0
        self.begin()

    def begin(self) -> None:
        """Start the process, or start it again."""
        self.began = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, *self.arguments],
            start_new_session=True,
            stdin=subprocess.DEVNULL,
            text=True,
            **self.options,
        )

    def signal_all(self, number: signal.Signals) -> None:
        """Send a signal to the process and all it started."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


class Children:
    """Everything started within the block has ended when the block ends."""

    def __init__(self, env: dict[str, str], folder: Path) -> None:
        self._options: dict[str, Any] = {"env": env, "cwd": folder}
        self._all: list[Child] = []

    def __enter__(self) -> Children:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for child in self._all:
            if child.process.poll() is None:
                child.process.terminate()
        give_up_at = time.monotonic() + END_S
        for child in self._all:
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.process.wait(max(give_up_at - time.monotonic(), 0))
            # Also what a process left behind, such as a solver in the middle of its work.
            child.signal_all(signal.SIGKILL)
            child.process.wait()

    def start(self, name: str, *arguments: str, **options: Any) -> Child:
        """Start Python with these arguments and return at once."""
        child = Child(name, arguments, **self._options, **options)
        self._all.append(child)
        return child

    def run(self, *arguments: str) -> None:
        """Run Python with these arguments to its end.

        Raises
        ------
        subprocess.CalledProcessError
            It failed; it has said why.
        """
        child = self.start(arguments[-1], *arguments)
        _check(child, child.process.wait())

    def output_of(self, *arguments: str) -> str:
        """Run like `run` and return what it printed."""
        child = self.start(arguments[-1], *arguments, stdout=subprocess.PIPE)
        printed, _ = child.process.communicate()
        _check(child, child.process.returncode)
        return str(printed)

    def wait_until_ready(self, web: Child, address: str, limit_s: float) -> None:
        """Wait until `address` answers 200.

        Raises
        ------
        SystemExit
            The server ended, or did not answer in time.
        """
        # It is our own server, by an address its certificate is not made out to.
        unchecked = ssl.create_default_context()
        unchecked.check_hostname, unchecked.verify_mode = False, ssl.CERT_NONE
        direct = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=unchecked)
        )
        give_up_at = time.monotonic() + limit_s
        while time.monotonic() < give_up_at:
            if web.process.poll() is not None:
                raise SystemExit(f"The {web.name} ended while starting (exit code {web.process.returncode}).")
            try:
                with direct.open(address, timeout=5):
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.1)
        raise SystemExit(f"The {web.name} did not become ready within {limit_s:.0f} s.")

    def watch(self, web: Child, worker: Child) -> int:
        """Begin `worker` again whenever it ends; return the exit code of `web` when that ends."""
        begin_at: float | None = None
        while web.process.poll() is None:
            now = time.monotonic()
            if begin_at is None and worker.process.poll() is not None:
                if now - worker.began > LIVED_LONG_S:
                    worker.pause_s = 1.0
                print(
                    f"The {worker.name} ended (exit code {worker.process.returncode}); "
                    f"it is started again in {worker.pause_s:.0f} s.",
                    flush=True,
                )
                worker.signal_all(signal.SIGKILL)
                begin_at = now + worker.pause_s
                worker.pause_s = min(worker.pause_s * 2, LONGEST_PAUSE_S)
            elif begin_at is not None and now >= begin_at:
                worker.begin()
                begin_at = None
            time.sleep(0.2)
        print(f"The {web.name} ended (exit code {web.process.returncode}).", flush=True)
        return web.process.returncode or 1


def _check(child: Child, code: int) -> None:
    if code:
        raise subprocess.CalledProcessError(code, child.name)

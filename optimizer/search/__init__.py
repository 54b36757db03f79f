"""The compiled search: ruin and recreate on flat arrays.

Kernels are compiled by numba at first use and kept in a folder, `compiled_folder`; whoever changes
any of them gets a folder of its own, as numba sees no change in what a kernel calls.
"""

import hashlib
import os
import tempfile
from pathlib import Path

import numba


def compiled_folder() -> Path:
    """Return where compiled kernels are kept.

    Below PAIDAN_KERNELS or the user's cache folder; where nothing can be written there, below the
    system's folder for temporary files.
    """
    made = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        made.update(file.read_bytes())
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    name = Path("paidan-kernels") / made.hexdigest()[:16]
    folder = Path(os.environ.get("PAIDAN_KERNELS") or cache) / name
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return Path(tempfile.gettempdir()) / name
    return folder if os.access(folder, os.W_OK) else Path(tempfile.gettempdir()) / name


if not os.environ.get("NUMBA_CACHE_DIR"):
    setattr(numba.config, "CACHE_DIR", str(compiled_folder()))  # noqa: B010 (no attribute to mypy)

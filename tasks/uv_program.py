"""uv, which makes the environments: the one on the PATH, else one of our own."""

from __future__ import annotations

import hashlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from tasks import ROOT, TaskError, say
from tasks.pip_settings import for_uv
from tasks.processes import run

OLDEST = (0, 5)
_LOCK = ROOT / "requirements" / "uv.txt"
_OWN = ROOT / ".venv-uv"
_LIST = (" + ", " - ", " ~ ", "Using Python ")
_OTHER_WAYS = ("UV_SYSTEM_PYTHON", "UV_TARGET", "UV_PREFIX", "UV_PYTHON")
_OTHER_INDEXES = ("UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS", "UV_INDEX_STRATEGY")
_OTHER_PLACES = ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_CONSTRAINT")


class Uv:
    """Runs uv with the user's settings of pip."""

    def __init__(self, lock: int, *, for_locking: bool = False) -> None:
        """
        :param lock: the file descriptor of the installation's lock, which uv keeps open.
        :param for_locking: everybody gets the same result, so it is the locked uv, and the main
            index alone: another one may have only some files of a version.
        """
        self._lock = lock
        self._program = (None if for_locking else _on_path()) or _own(lock)
        self._environment = {
            **for_uv(os.environ),
            "UV_PYTHON_DOWNLOADS": os.environ.get("UV_PYTHON_DOWNLOADS") or "never",
        }
        for name in (*_OTHER_WAYS, *(_OTHER_INDEXES if for_locking else ())):
            self._environment.pop(name, None)
        if not _cache_is_writable(self._environment):
            self._environment["UV_NO_CACHE"] = "1"

    def __call__(self, *arguments: str | Path) -> bool:
        """Whether uv succeeded. Its messages are shown, but not its list of packages."""
        command = (self._program, *arguments)
        kept = (self._lock,)
        return run(command, environment=self._environment, hidden=_LIST, keep_open=kept) == 0


def _on_path() -> str | None:
    found = shutil.which("uv")
    if found is None:
        return None
    try:
        answer = subprocess.run([found, "--version"], capture_output=True, text=True).stdout
    except OSError:
        return None
    version = re.match(r"uv (\d+)\.(\d+)", answer)
    return found if version and (int(version[1]), int(version[2])) >= OLDEST else None


def _own(lock: int) -> str:
    stamp, digest = _OWN / ".installed", hashlib.sha256(_LOCK.read_bytes()).hexdigest()
    program = _OWN / "bin" / "uv"
    if not (program.is_file() and stamp.is_file() and stamp.read_text() == digest):
        say("Getting uv, which installs everything else ...")
        remove(_OWN)
        _get(lock)
        stamp.write_text(digest)
    return str(program)


def _get(lock: int) -> None:
    environment = {key: text for key, text in os.environ.items() if key not in _OTHER_PLACES}
    environment |= {
        "PIP_USER": "0",
        "PIP_REQUIRE_VIRTUALENV": "0",
        "PIP_NO_INPUT": "1",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PIP_ROOT_USER_ACTION": "ignore",
    }

    def succeeds(*command: str | Path) -> bool:
        return run(command, environment=environment, hidden=("WARNING: ",), keep_open=(lock,)) == 0

    place: Sequence[str | Path] = ("--target", _OWN)
    python: str | Path = sys.executable
    if importlib.util.find_spec("pip") is None:
        if importlib.util.find_spec("ensurepip") is None:
            raise TaskError(
                f"{sys.executable} has neither pip nor ensurepip. Install uv, or pip: on Debian "
                "and Ubuntu, the package python3-venv."
            )
        place, python = (), _OWN / "bin" / "python"
        if not succeeds(sys.executable, "-m", "venv", _OWN):
            raise TaskError(
                f"{sys.executable} cannot make an environment; see above. Or install uv."
            )
    pip = (python, "-m", "pip", "install", "--quiet", "--no-compile", "--no-deps")
    wanted = ("--require-hashes", "--only-binary", ":all:", "--requirement", _LOCK)
    if not succeeds(*pip, *place, *wanted):
        raise TaskError(
            "pip could not install uv; the lines above say why. Or install uv yourself."
        )


def _cache_is_writable(environment: Mapping[str, str]) -> bool:
    try:
        above = environment.get("XDG_CACHE_HOME") or Path.home() / ".cache"
        folder = Path(environment.get("UV_CACHE_DIR") or Path(above, "uv"))
        folder.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):  # a user without a home
        return False
    return os.access(folder, os.W_OK)


def remove(folder: Path) -> None:
    """A folder with all that is in it. Of a link, only the link."""
    if folder.is_symlink():
        folder.unlink()
    elif folder.exists():
        shutil.rmtree(folder)

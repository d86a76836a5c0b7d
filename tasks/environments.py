"""The environments in the project's folder, each made from locked versions."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tasks import ROOT, TaskError, say
from tasks.exclusive import exclusive
from tasks.uv_program import Uv, remove

# If a virtual environment is active, this Python may be in the folder that is made again.
THIS_PYTHON = sys.executable if sys.prefix == sys.base_prefix else os.path.realpath(sys.executable)
SYNC = ("sync.txt",)
TESTS = ("sync.txt", "connector.txt", "vendor-sdk.txt")


@dataclass(frozen=True)
class Environment:
    folder: Path
    python: str = THIS_PYTHON
    only_this_python: bool = bool(os.environ.get("PHENOM_PYTHON"))
    """Whether an environment of another Python is made again."""

    @property
    def bin(self) -> Path:
        return self.folder / "bin"

    def ensure(self, locks: Iterable[str], *, project: bool = True) -> None:
        """Install what is missing of these files in ``requirements/``, and the project."""
        wanted = {_folder(), *map(_locked, locks)} | ({_project()} if project else set())
        if self.only_this_python:
            wanted.add(self._identity())
        if wanted <= self._installed():
            return
        with exclusive() as lock:
            installed = self._installed()  # another ./run may have done it meanwhile
            if not wanted <= installed:
                try:
                    self._install(Uv(lock), wanted, installed)
                except KeyboardInterrupt:
                    say(f"{self.folder.name} is incomplete. The next ./run makes it again.")
                    raise

    def _install(self, uv: Uv, wanted: set[str], installed: set[str]) -> None:
        started, identity = time.monotonic(), self._identity()
        # It is deleted first and written last, so that an interrupted installation has none.
        self._stamp.unlink(missing_ok=True)
        is_kept = bool(installed) and all(map(_is_current, installed))
        if self.only_this_python and identity not in installed:
            is_kept = False
        if is_kept:
            say(f"Adding to {self.folder.name} ...")
        else:
            say(f"Installing {self.folder.name} with Python {identity.split()[1]} ...")
            remove(self.folder)
            if not uv("venv", "--quiet", "--python", self.python, self.folder):
                raise TaskError(f"{self.folder.name} could not be made; the lines above say why.")
            installed = {identity}
        into = ("--python", self.bin / "python")
        missing = [line.split()[1] for line in sorted(wanted - installed) if _is_lock(line)]
        if missing:
            files = [word for name in missing for word in ("--requirement", _path(name))]
            checked = ("--no-deps", "--require-hashes", "--only-binary", ":all:")
            if not uv("pip", "install", *into, *checked, *files):
                raise TaskError(
                    f"{self.folder.name} could not be installed; the lines above say why. The "
                    "package index, certificates and proxy are those of pip's and uv's settings: "
                    "see docs/installing.md."
                )
        if _project() in wanted - installed:
            offline = ("--quiet", "--no-deps", "--no-index", "--no-build-isolation", "--editable")
            if not uv("pip", "install", *into, *offline, "."):
                raise TaskError("The project could not be installed; the lines above say why.")
            installed = {line for line in installed if not line.startswith("project ")}
        self._stamp.write_text("\n".join(sorted(installed | wanted)) + "\n", encoding="utf-8")
        say(f"{self.folder.name} is ready after {time.monotonic() - started:.0f} s.")

    @property
    def _stamp(self) -> Path:
        return self.folder / ".installed"

    def _installed(self) -> set[str]:
        """What is in the environment; nothing if it is incomplete or its Python is gone."""
        if not (self._stamp.is_file() and (self.bin / "python").is_file()):
            return set()
        return set(self._stamp.read_text(encoding="utf-8").splitlines())

    def _identity(self) -> str:
        code = "import platform, sys; print('python', platform.python_version(), sys.base_prefix)"
        asked = [self.python, "-I", "-c", code]
        return subprocess.run(asked, check=True, capture_output=True, text=True).stdout.strip()


def _path(lock: str) -> Path:
    return ROOT / "requirements" / lock


def _digest(*contents: bytes) -> str:
    return hashlib.sha256(b"\0".join(contents)).hexdigest()


def _folder() -> str:
    """Environments hold absolute paths."""
    return f"folder {ROOT}"


def _locked(name: str) -> str:
    return f"locked {name} {_digest(_path(name).read_bytes())}"


def _project() -> str:
    """What the installed metadata and commands are made from."""
    packages = sorted(path.parent.name for path in ROOT.glob("*/__init__.py"))
    texts = [(ROOT / name).read_bytes() for name in ("setup.py", "phenom_api/__init__.py")]
    return f"project {_digest(*texts, *(name.encode() for name in packages))}"


def _is_lock(line: str) -> bool:
    return line.startswith("locked ")


def _is_current(line: str) -> bool:
    """Whether a line of the stamp is still true. A new project can be installed over an old one."""
    if _is_lock(line):
        name = line.split()[1]
        return _path(name).is_file() and line == _locked(name)
    return not line.startswith("folder ") or line == _folder()


CONNECTOR = Environment(ROOT / ".venv")
PYAIRBYTE = Environment(ROOT / ".venv-pyairbyte")
ANALYTICS = Environment(ROOT / ".venv-analytics")


def ensure_others() -> None:
    """Install what tests compare with, or start: PyAirbyte and dbt."""
    PYAIRBYTE.ensure(["tests/pyairbyte.txt"], project=False)
    ANALYTICS.ensure(["analytics.txt"], project=False)

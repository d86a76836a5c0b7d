"""The Dockerfile: linted, and its steps run in their own folder and environment."""

from __future__ import annotations

import fnmatch
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from phenom_api import __version__

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "Dockerfile"
PROGRAMS = {"source": "source-phenom", "destination": "destination-phenom"}


@dataclass(frozen=True)
class Step:
    """One instruction: the stage that it belongs to, its word, and what follows it."""

    stage: str
    word: str
    rest: str


def steps() -> Iterator[Step]:
    text = re.sub(r"^#.*\n", "", DOCKERFILE.read_text(encoding="utf-8"), flags=re.MULTILINE)
    stage = ""
    for line in text.replace("\\\n", " ").splitlines():
        word, _, rest = line.partition(" ")
        if word == "FROM":
            stage = rest.rpartition(" AS ")[2]
        if word:
            yield Step(stage, word, rest.strip())


def of(stage: str, word: str) -> list[str]:
    return [step.rest for step in steps() if (step.stage, step.word) == (stage, word)]


def copied() -> list[tuple[list[str], str]]:
    """Sources and target of everything that comes from the project's folder."""
    parts = [rest.split() for rest in of("build", "COPY")]
    return [(sources, target) for *sources, target in parts]


def test_hadolint_has_nothing_to_say() -> None:
    hadolint = Path(sys.executable).with_name("hadolint")
    done = subprocess.run([hadolint, "--no-color", DOCKERFILE], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "")


def test_stages() -> None:
    """Both connectors share one environment and run without privileges."""
    assert of("source", "FROM") == ["runtime AS source"]
    assert of("destination", "FROM") == ["runtime AS destination"]
    assert list(steps())[-1].stage == "source"
    assert of("runtime", "USER") == ["1000"]
    for stage, program in PROGRAMS.items():
        assert of(stage, "USER") == []
        assert of(stage, "ENTRYPOINT") == [f'["/opt/phenom/bin/{program}"]']
        assert f"AIRBYTE_ENTRYPOINT=/opt/phenom/bin/{program}" in of(stage, "ENV")


def test_context_holds_what_is_copied_and_little_else() -> None:
    ignored = (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines()
    let_through = {line[1:] for line in ignored if line.startswith("!")}
    assert "*" in ignored
    assert let_through == {source for sources, _ in copied() for source in sources}
    assert all((ROOT / source).exists() for source in let_through)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The environment that the steps of the build make, at another place."""
    build = tmp_path_factory.mktemp("build")
    environment = tmp_path_factory.mktemp("opt") / "phenom"
    for sources, target in copied():
        for source in sources:
            into = build / (Path(source).name if target == "./" else target)
            if (ROOT / source).is_dir():
                ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
                shutil.copytree(ROOT / source, into, ignore=ignored)
            else:
                shutil.copy(ROOT / source, into)
    tool = tmp_path_factory.mktemp("tool")
    subprocess.run([sys.executable, "-m", "venv", tool], check=True)
    for run in of("build", "RUN"):
        done = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", run.replace("/opt/phenom", str(environment))],
            cwd=build,
            env={**os.environ, **of_this_machine(), "PATH": f"{tool}/bin:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return environment


def of_this_machine() -> dict[str, str]:
    """Settings of uv, so that it uses the same certificates and index as pip."""
    asked = [sys.executable, "-m", "pip", "config", "get", "global.index-url"]
    index = subprocess.run(asked, capture_output=True, text=True).stdout.strip()
    trusted = {"UV_NATIVE_TLS": "1", "UV_SYSTEM_CERTS": "1"}
    return trusted | ({"UV_DEFAULT_INDEX": index} if index else {})


def test_connectors_run(installed: Path, tmp_path: Path) -> None:
    for program in PROGRAMS.values():
        for arguments, answer in ((["spec"], '"type":"SPEC"'), (["--version"], __version__)):
            done = subprocess.run(
                [installed / "bin" / program, *arguments],
                cwd=tmp_path,
                capture_output=True,
                text=True,
            )
            assert done.returncode == 0, done.stderr
            assert answer in done.stdout.replace(" ", "")


def test_nothing_is_missing_and_nothing_is_too_much(installed: Path) -> None:
    """Every module can be imported; packages for tests and the local tenant are not installed."""
    code = (
        "import importlib, pkgutil, sys\n"
        "for name in ('source_phenom', 'destination_phenom', 'phenom_api', 'phenom_protocol'):\n"
        "    package = importlib.import_module(name)\n"
        "    for module in pkgutil.walk_packages(package.__path__, name + '.'):\n"
        "        importlib.import_module(module.name)\n"
        "print(*{name.partition('.')[0] for name in sys.modules})\n"
    )
    done = subprocess.run(
        [installed / "bin" / "python", "-I", "-c", code], capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    held = {path.name for path in installed.glob("lib/python*/site-packages/*")}
    for pattern in ("phenom_sandbox*", "pytest*", "aiohttp*", "airbyte"):
        assert fnmatch.filter(held, pattern) == []


def test_versions_are_the_tested_ones(installed: Path) -> None:
    """The image's lock is the part of the tests' lock that is needed at run time."""
    code = (
        "from importlib.metadata import distributions\n"
        "for each in distributions(): print(each.name, each.version)\n"
    )
    done = subprocess.run(
        [installed / "bin" / "python", "-I", "-c", code], capture_output=True, text=True
    )
    found = {
        canonicalize_name(name): version
        for name, version in (line.split() for line in done.stdout.splitlines())
    }
    assert found.pop(canonicalize_name("phenom-airbyte")) == __version__
    lock = (ROOT / "requirements" / "connector.txt").read_text(encoding="utf-8")
    # A name has several versions where the newest is not for every Python.
    locked = map(Requirement, re.findall(r"^([\w.-]+==[^\\\n]+)", lock, re.MULTILINE))
    here = [each for each in locked if each.marker is None or each.marker.evaluate()]
    pins = {each.name: str(each.specifier).removeprefix("==") for each in here}
    assert len(found) > 20
    assert {name: pins.get(name) for name in found} == found

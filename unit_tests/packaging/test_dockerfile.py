"""The Dockerfile: linted, and its steps run in their own folder and environment."""

from __future__ import annotations

import fnmatch
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from babel import Locale, localedata
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import phenom_sandbox
from images import smoke_test
from images.tools import Completed, Container
from phenom_api import __version__
from source_phenom.models.countries import alpha_2

ROOT = Path(__file__).resolve().parents[2]
DOCKERFILE = ROOT / "Dockerfile"
BUILDING = ("dependencies", "build")
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
    parts = [rest.split() for stage in BUILDING for rest in of(stage, "COPY")]
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
    assert of("runtime", "USER") == ["1000:1000"]
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
    layer = tmp_path_factory.mktemp("layer")
    subprocess.run([sys.executable, "-m", "venv", tool], check=True)
    for run in (each for stage in BUILDING for each in of(stage, "RUN")):
        without_secrets = re.sub(r"--mount=\S+", "", run)
        done = subprocess.run(
            [
                *("bash", "-euo", "pipefail", "-c"),
                without_secrets.replace("/build/layer", str(layer)).replace(
                    "/opt/phenom", str(environment)
                ),
            ],
            cwd=build,
            env={**os.environ, "PATH": f"{tool}/bin:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    shutil.copytree(f"{layer}{environment}", environment, dirs_exist_ok=True)
    return environment


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


class Installed(Container):
    """Runs the programs of the environment, with the limits of this machine only."""

    def __init__(self, environment: Path, program: str, files: Path) -> None:
        self._environment = environment
        self._program = environment / "bin" / program
        self.folder = str(files)

    def __call__(
        self, *arguments: str, stdin: bytes = b"", tmp: bool = False, program: str | None = None
    ) -> Completed:
        of_the_image = program and Path(program).relative_to("/opt/phenom")
        path = self._environment / of_the_image if of_the_image else self._program
        return subprocess.run([path, *arguments], input=stdin, capture_output=True)


@pytest.mark.parametrize("connector", PROGRAMS)
def test_every_command_runs(installed: Path, tmp_path: Path, connector: str) -> None:
    """The test of the images. It also reads through the CDK, without the requirements left out."""
    steps: list[str] = []
    test = {"source": smoke_test.source, "destination": smoke_test.destination}[connector]
    container = Installed(installed, PROGRAMS[connector], tmp_path)
    with phenom_sandbox.running(jobs=20, applications=60) as local:
        test(container, tmp_path, local, steps.append)
    assert any("read through the CDK" in step for step in steps) == (connector == "source")


def test_another_answer_is_told(installed: Path, tmp_path: Path) -> None:
    wrong_one = Installed(installed, "destination-phenom", tmp_path)
    with (
        phenom_sandbox.running(jobs=2, applications=2) as local,
        pytest.raises(smoke_test.SmokeTestFailed, match="source: discover: 0 messages of type CAT"),
    ):
        smoke_test.source(wrong_one, tmp_path, local, lambda step: None)


def test_countries_are_known_in_the_same_languages(installed: Path) -> None:
    """The image has Babel's data for some languages only."""
    names = sorted(
        {
            name
            for identifier in localedata.locale_identifiers()
            for code in ("DE", "FR", "JP", "KR", "BR")
            if (name := Locale.parse(identifier).territories.get(code))
        }
    )
    code = (
        "import json, sys\n"
        "from source_phenom.models.countries import alpha_2\n"
        "print(json.dumps([alpha_2(name) for name in json.load(sys.stdin)]))\n"
    )
    done = subprocess.run(
        [installed / "bin" / "python", "-I", "-c", code],
        input=json.dumps(names),
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert dict(zip(names, json.loads(done.stdout), strict=True)) == {
        name: alpha_2(name) for name in names
    }


def test_left_out_requirements_are_not_there(installed: Path) -> None:
    """image-left-out.in names requirements of the CDK; docs/images.md tells of each."""
    held = {path.name.partition("-")[0] for path in installed.glob("lib/*/site-packages/*-info")}
    left_out = (ROOT / "requirements" / "image-left-out.in").read_text(encoding="utf-8").split("\n")
    names = [line for line in left_out if line and not line.startswith("#")]
    page = (ROOT / "docs" / "images.md").read_text(encoding="utf-8")
    assert names
    for name in names:
        assert canonicalize_name(name) not in set(map(canonicalize_name, held))
        assert f"`{name}`" in page


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

"""The content of a release, and its installation: the sdist, and the wheel made from it."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from dataclasses import dataclass
from email import message_from_bytes
from pathlib import Path

import pytest

from phenom_api import __version__

ROOT = Path(__file__).resolve().parents[2]
TEXTS = ("LICENSE", "README.md", "CHANGELOG.md", "BEHAVIOR.md")
BUILT_FROM = (*TEXTS, "setup.py", "pyproject.toml", "MANIFEST.in", "metadata.yaml", "icon.svg")
SCRIPTS = {"source-phenom", "destination-phenom", "phenom"}


@dataclass(frozen=True)
class Release:
    sdist: Path
    wheel: Path
    files: frozenset[str]
    """The files of the packages' folders, without pages."""
    project: frozenset[str]
    """The files of the dbt project."""


@pytest.fixture(scope="module")
def release(tmp_path_factory: pytest.TempPathFactory) -> Release:
    """Both files, built from a copy with only the committed files."""
    tree, out = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("dist")
    found = (path.parent for path in ROOT.glob("*_*/__init__.py"))
    packages = [package for package in found if "tests" not in package.name]
    for package in packages:
        ignored = shutil.ignore_patterns("__pycache__", ".*")
        shutil.copytree(package, tree / package.name, ignore=ignored)
    for name in BUILT_FROM:
        shutil.copy(ROOT / name, tree)
    # What dbt writes beside the project's files is not a part of it.
    ignored = shutil.ignore_patterns("target", "logs", "dbt_packages", ".*")
    shutil.copytree(ROOT / "analytics", tree / "analytics", ignore=ignored)
    project = {path.relative_to(tree).as_posix() for path in _files(tree / "analytics")}
    (tree / "analytics" / "target").mkdir()
    (tree / "analytics" / "target" / "manifest.yml").write_text("{}", encoding="utf-8")
    files = frozenset(
        path.relative_to(tree).as_posix()
        for package in packages
        for path in _files(tree / package.name)
        if path.suffix != ".md"
    )
    # Somebody keeps a secret where the code is.
    (tree / "source_phenom" / "tenant.json").write_text("{}", encoding="utf-8")
    run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, tree)
    (sdist,), (wheel,) = out.glob("*.tar.gz"), out.glob("*.whl")
    return Release(sdist, wheel, files, frozenset(project))


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def run(*arguments: object, cwd: Path | None = None) -> str:
    done = subprocess.run([*map(str, arguments)], capture_output=True, text=True, cwd=cwd)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return done.stdout


def test_names_carry_the_version(release: Release) -> None:
    assert release.sdist.name == f"phenom_airbyte-{__version__}.tar.gz"
    assert release.wheel.name == f"phenom_airbyte-{__version__}-py3-none-any.whl"


def test_sdist_holds_every_file_and_the_texts(release: Release) -> None:
    with tarfile.open(release.sdist) as archive:
        held = {name.partition("/")[2] for name in archive.getnames()}
    assert release.files | release.project <= held
    assert set(BUILT_FROM) <= held


def test_wheel_holds_every_file_and_no_more(release: Release) -> None:
    with zipfile.ZipFile(release.wheel) as wheel:
        names = wheel.namelist()
        entries = next(name for name in names if name.endswith("entry_points.txt"))
        scripts = configparser.ConfigParser()
        scripts.read_string(wheel.read(entries).decode())
        metadata = message_from_bytes(
            wheel.read(next(name for name in names if name.endswith("METADATA")))
        )
    assert {name for name in names if ".dist-info/" not in name} == release.files | {
        f"phenom_cli/report/{name}" for name in release.project
    }
    assert set(scripts["console_scripts"]) == SCRIPTS
    assert any(name.endswith("/LICENSE") for name in names)
    assert "MIT" in (metadata["License-Expression"], metadata["License"])
    assert metadata["Version"] == __version__
    assert metadata["Description-Content-Type"] == "text/markdown"
    assert "Phenom for Airbyte" in str(metadata.get_payload())


@pytest.mark.parametrize("kind", ["sdist", "wheel"])
def test_installs(release: Release, kind: str, tmp_path: Path) -> None:
    """It is installed into an environment with its requirements, without the project's folder."""
    environment = tmp_path / "environment"
    run(sys.executable, "-m", "venv", "--without-pip", environment)
    paths = sysconfig.get_paths(vars={"base": str(environment), "platbase": str(environment)})
    Path(paths["purelib"], "needed.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    python = environment / "bin" / "python"
    offline = ("--no-index", "--no-deps", "--no-build-isolation", "--ignore-installed")
    run(python, "-m", "pip", "install", "--quiet", *offline, getattr(release, kind))
    for script in SCRIPTS:
        assert __version__ in run(environment / "bin" / script, "--version", cwd=tmp_path)
    assert "connectionSpecification" in run(environment / "bin" / "source-phenom", "spec")
    code = "from phenom_cli.report.environment import find_environment as f; print(f().project)"
    (environment / "bin" / "dbt").touch()
    found = run(python, "-I", "-c", code).strip()
    assert Path(found).is_relative_to(environment)
    assert Path(found, "dbt_project.yml").is_file()
    code = "import phenom_api, source_phenom.manifest as m; print(phenom_api.__file__, m.ROOT)"
    for place in run(python, "-I", "-c", code).split():
        assert Path(place).is_relative_to(environment)


def test_changelog_speaks_of_this_version() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    first = next(line for line in text.splitlines() if line.startswith("## "))
    assert first.split()[1] == __version__


def test_version_is_written_once() -> None:
    """The version is in ``phenom_api``. Other tests compare the copies in metadata and pages."""
    held = [
        path.relative_to(ROOT).as_posix()
        for package in ROOT.glob("*_*/__init__.py")
        for path in package.parent.rglob("*.py")
        if f'"{__version__}"' in path.read_text(encoding="utf-8")
    ]
    assert held == ["phenom_api/__init__.py"]
    assert __version__ not in (ROOT / "setup.py").read_text(encoding="utf-8")

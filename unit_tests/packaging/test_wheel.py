"""What is installed is what lies in the packages' folders, data files included, texts not."""

from __future__ import annotations

import configparser
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILT_FROM = ("setup.py", "pyproject.toml", "MANIFEST.in", "LICENSE", "README.md")


def test_wheel_holds_every_file(tmp_path: Path) -> None:
    tree = tmp_path / "tree"
    tree.mkdir()
    packages = [path.parent for path in ROOT.glob("*_*/__init__.py") if "tests" not in str(path)]
    for package in packages:
        ignored = shutil.ignore_patterns("__pycache__", ".*")
        shutil.copytree(package, tree / package.name, ignore=ignored)
    for name in BUILT_FROM:
        if (ROOT / name).exists():
            shutil.copy(ROOT / name, tree)
    files = {
        path.relative_to(tree).as_posix()
        for package in packages
        for path in (tree / package.name).rglob("*")
        if path.is_file() and path.suffix != ".md"
    }

    options = ["--quiet", "--no-deps", "--no-index", "--no-build-isolation"]
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", *options, "--wheel-dir", str(tmp_path), str(tree)],
        check=True,
        capture_output=True,
    )
    with zipfile.ZipFile(next(tmp_path.glob("*.whl"))) as wheel:
        held = {name for name in wheel.namelist() if ".dist-info/" not in name}
        entries = next(name for name in wheel.namelist() if name.endswith("entry_points.txt"))
        scripts = configparser.ConfigParser()
        scripts.read_string(wheel.read(entries).decode())
    assert {"source_phenom", "phenom_api", "phenom_cli"} <= {package.name for package in packages}
    assert held == files
    assert set(scripts["console_scripts"]) == {"source-phenom", "destination-phenom", "phenom"}

"""Both images, built over a base of Debian's packages, and every command run in them.

It needs root, buildah, debootstrap, Debian's packages, and two minutes of processor time. Elsewhere
it is skipped, and the reason says what is missing. `./run image` does the same with other programs.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from images import ROOT, debian_base, tools

pytestmark = pytest.mark.slow

TAG = "tested"
MARK = "mark-of-this-test.example.com"
"""A host in pip's settings, which no image may hold."""


def missing() -> str:
    """What this machine lacks, or nothing."""
    lacking = debian_base.missing()
    if reason := tools.Buildah("buildah").why_unusable():
        lacking.append(f"buildah: {reason}")
    return "; ".join(lacking)


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    """buildah with a store of its own."""
    if lacking := missing():
        pytest.skip(f"images are not built here. Missing: {lacking}")
    folder = tmp_path_factory.mktemp("containers")
    settings = folder / "storage.conf"
    settings.write_text(
        f'[storage]\ndriver = "{driver(folder)}"\n'
        f'graphroot = "{folder}/graph"\nrunroot = "{folder}/run"\n'
    )
    yield {
        "CONTAINERS_STORAGE_CONF": str(settings),
        "BUILDAH_ISOLATION": "chroot",
        "PIP_TRUSTED_HOST": MARK,
    }
    shutil.rmtree(folder / "graph", ignore_errors=True)


def driver(folder: Path) -> str:
    """vfs works everywhere, but copies the whole file system for each layer."""
    for name in ("lower", "upper", "work", "merged"):
        (folder / name).mkdir()
    options = f"lowerdir={folder}/lower,upperdir={folder}/upper,workdir={folder}/work"
    overlay = ["mount", "-t", "overlay", "overlay", "-o", options, str(folder / "merged")]
    done = subprocess.run(["unshare", "--mount", *overlay], capture_output=True)
    return "overlay" if done.returncode == 0 else "vfs"


@pytest.fixture(scope="module")
def built(environment: Mapping[str, str]) -> str:
    """What `./run image` says; it tests the images, too. New files are its caller's alone."""
    done = subprocess.run(
        [sys.executable, "-m", "images", "--with", "buildah", "--base", "debian", "--tag", TAG],
        cwd=ROOT,
        env={**os.environ, **environment},
        umask=0o077,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert done.stdout.split() == [
        f"phenom-airbyte/{connector}-phenom:{TAG}" for connector in ("source", "destination")
    ]
    return done.stderr


def test_every_command_ran(built: str) -> None:
    for step in (
        *("not root, and no folder is writable", "source: spec", "source: check"),
        *("source: discover", "source: read, with a writable /tmp", "source: read again"),
        *("source: read through the CDK", "destination: spec", "destination: check"),
        *("destination: discover", "destination: write"),
    ):
        assert f"  {step}" in built


@pytest.mark.parametrize("connector", ["source", "destination"])
def test_no_setting_of_this_machine_is_in_the_image(
    built: str, environment: Mapping[str, str], connector: str
) -> None:
    buildah = tools.Buildah("buildah", environment)
    image = f"phenom-airbyte/{connector}-phenom:{TAG}"
    assert MARK not in buildah.output("inspect", "--type", "image", image)
    container = buildah.output("from", "--pull-never", image)
    try:
        root = buildah.output("mount", container)
        assert not Path(root, "run", "secrets").exists()
        found = subprocess.run(
            ["grep", "-rlF", MARK, "--exclude-dir=proc", "--exclude-dir=sys", root],
            capture_output=True,
            text=True,
        )
        assert found.stdout == ""
    finally:
        buildah.output("rm", container)


def test_says_what_is_missing(tmp_path: Path) -> None:
    """Without docker, podman and buildah."""
    done = subprocess.run(
        [sys.executable, "-m", "images"],
        cwd=ROOT,
        env={**os.environ, "PATH": str(tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    for name in tools.NAMES:
        assert f"{name}: it is not installed" in done.stderr

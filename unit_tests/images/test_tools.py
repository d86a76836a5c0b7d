"""Which program builds the images, with which arguments, and what is said if there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from images import CannotBuild
from images.tools import Recipe, find


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The only folder with programs."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    return folder


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_says_what_is_missing(programs: Path) -> None:
    program(programs, "docker", "echo 'Cannot connect to the Docker daemon' >&2; exit 1")
    with pytest.raises(CannotBuild) as error:
        find(None)
    text = str(error.value)
    assert "docker: `docker version --format {{.Server.Version}}` says: Cannot connect" in text
    assert "podman: it is not installed" in text
    assert "buildah: it is not installed" in text
    assert "apt-get install buildah" in text


def test_takes_the_first_that_works(programs: Path) -> None:
    program(programs, "docker", "exit 1")
    program(programs, "podman", "exit 0")
    program(programs, "buildah", "exit 0")
    assert find(None).name == "podman"
    assert find("buildah").name == "buildah"
    with pytest.raises(CannotBuild, match="docker cannot be used"):
        find("docker")


@pytest.mark.parametrize("name", ["docker", "podman", "buildah"])
def test_build(programs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    """Secrets and proxies are named, their values are in the environment."""
    said = tmp_path / "said"
    program(programs, name, f'echo "$@ | $PIP_CONF_HERE | $HTTPS_PROXY" >> {said}')
    monkeypatch.setenv("HTTPS_PROXY", "http://user:password@proxy.example.com")
    recipe = Recipe(
        "source",
        "phenom-airbyte/source-phenom:dev",
        "registry.example.com/python:3.11",
        {"io.airbyte.version": "1.2.3"},
        ["id=pip_conf,env=PIP_CONF_HERE"],
        ["--no-cache"],
    )
    find(name, {"PIP_CONF_HERE": "hidden"}).build(recipe)
    arguments, _, environment = said.read_text().splitlines()[-1].partition(" | ")
    for wanted in (
        "--target source",
        "--tag phenom-airbyte/source-phenom:dev",
        "--build-arg BASE=registry.example.com/python:3.11",
        "--build-arg HTTPS_PROXY",
        "--label io.airbyte.version=1.2.3",
        "--secret id=pip_conf,env=PIP_CONF_HERE",
        "--no-cache",
    ):
        assert f" {wanted} " in f" {arguments} "
    assert "password" not in arguments
    assert environment == "hidden | http://user:password@proxy.example.com"


@pytest.mark.parametrize("name", ["docker", "podman"])
def test_a_container_is_confined(programs: Path, tmp_path: Path, name: str) -> None:
    program(programs, name, 'IFS= read -r line; printf %s "$line"; echo "$@"')
    with find(name).container("source-phenom:dev", tmp_path) as container:
        printed = container("spec", stdin=b"input ").stdout.decode()
        with_tmp = container("read", tmp=True, program="/bin/python").stdout.decode()
    assert printed.startswith("input run ")
    assert printed.endswith(" source-phenom:dev spec\n")
    assert f"--volume={tmp_path}:/config:ro" in printed
    for option in ("--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges"):
        assert f" {option} " in printed
    assert "--tmpfs" not in printed
    assert " --tmpfs=/tmp " in with_tmp
    assert " --entrypoint=/bin/python " in with_tmp
    # podman makes /tmp, /run and /var/tmp writable in a read-only container, unless it is told.
    assert ("--read-only-tmpfs=false" in printed) == (name == "podman")


def test_a_build_that_fails(programs: Path) -> None:
    program(programs, "podman", '[ "$1" != build ]')
    with pytest.raises(CannotBuild, match="could not build the image of the destination"):
        find("podman").build(Recipe("destination", "destination-phenom:dev"))

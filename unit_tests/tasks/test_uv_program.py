"""Which uv is used, and with which settings."""

from __future__ import annotations

import hashlib
import os
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tasks.locked_versions import FILES
from unit_tests.tasks.clone import Clone, small_clone


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Clone]:
    clone = small_clone(tmp_path)
    yield clone
    clone.end()


def make_wheel(clone: Clone) -> dict[str, str]:
    """The stand-in as a package; gives the settings with which pip finds it."""
    folder = clone.stand_in / "wheels"
    folder.mkdir()
    wheel = folder / "uv-0.13.9-py3-none-any.whl"
    info = "uv-0.13.9.dist-info"
    program = zipfile.ZipInfo("uv-0.13.9.data/scripts/uv")
    program.external_attr = 0o100755 << 16
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.writestr(program, (clone.stand_in / "bin" / "uv").read_text())
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\nName: uv\nVersion: 0.13.9\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: false\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    lock = clone.root / "requirements" / "uv.txt"
    lock.write_text(f"uv==0.13.9 --hash=sha256:{digest}\n")
    return {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": str(folder), "PIP_CONFIG_FILE": os.devnull}


@pytest.mark.parametrize("on_path", ["none", "too old"])
def test_without_a_usable_uv_the_locked_one_is_installed(clone: Clone, on_path: str) -> None:
    settings = make_wheel(clone)
    own = clone.root / ".venv-uv" / "bin" / "uv"
    if on_path == "none":
        (clone.stand_in / "bin" / "uv").unlink()
    # The stand-in is of this version wherever it is. What is in .venv-uv is not asked for it.
    settings |= {"UV_VERSION": "0.4.30", "PIP_REQUIRE_VIRTUALENV": "1"}
    done = clone.run("sync", variables=settings)
    assert done.returncode == 0, done.stderr
    assert done.stderr.startswith("Getting uv, which installs everything else ...\n")
    assert own.is_file()
    clone.calls()

    with (clone.root / "requirements" / "sync.txt").open("a") as file:
        file.write("# changed\n")
    again = clone.run("sync", variables=settings)
    assert "Getting uv" not in again.stderr
    assert len(clone.calls()) == 3


def test_a_uv_with_another_hash_is_refused(clone: Clone) -> None:
    settings = make_wheel(clone)
    (clone.stand_in / "bin" / "uv").unlink()
    lock = clone.root / "requirements" / "uv.txt"
    lock.write_text(f"uv==0.13.9 --hash=sha256:{'0' * 64}\n")
    done = clone.run("sync", variables=settings)
    assert done.returncode == 1
    assert "HASHES" in done.stderr
    assert (
        "Error: pip could not install uv; the lines above say why. Or install uv yourself."
        in done.stderr
    )
    assert clone.calls() == []


def test_uv_gets_the_settings_of_pip(clone: Clone) -> None:
    settings = {
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_INDEX_URL": "https://index.example.com/simple",
        "UV_SYSTEM_PYTHON": "1",
        "UV_HTTP_TIMEOUT": "5",
        "VIRTUAL_ENV": "/somewhere/else",
    }
    clone.run("sync", variables=settings)
    found = clone.uv_environment()
    assert found["UV_DEFAULT_INDEX"] == settings["PIP_INDEX_URL"]
    assert found["UV_HTTP_TIMEOUT"] == "5"
    assert found["UV_PYTHON_DOWNLOADS"] == "never"
    assert {"UV_SYSTEM_PYTHON", "VIRTUAL_ENV", "UV_NO_CACHE"}.isdisjoint(found)


def test_without_a_home_there_is_no_cache(clone: Clone) -> None:
    (clone.stand_in / "file").touch()
    assert clone.run("sync", variables={"HOME": str(clone.stand_in / "file")}).returncode == 0
    assert clone.uv_environment()["UV_NO_CACHE"] == "1"


def test_locks_are_made_by_the_locked_uv_from_the_main_index(clone: Clone) -> None:
    settings = make_wheel(clone)
    settings |= {"PIP_EXTRA_INDEX_URL": "https://extra.example.com", "PIP_RETRIES": "2"}
    done = clone.run("lock", variables=settings)
    assert done.returncode == 0, done.stderr
    assert (clone.root / ".venv-uv" / "bin" / "uv").is_file()
    calls = clone.calls()
    assert len(calls) == len(FILES)
    assert all(call.startswith("pip compile --quiet --upgrade --universal") for call in calls)
    found = clone.uv_environment()
    assert found["UV_HTTP_RETRIES"] == "2"
    assert {"UV_INDEX", "UV_INDEX_STRATEGY", "UV_FIND_LINKS"}.isdisjoint(found)

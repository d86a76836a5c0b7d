"""The locked versions: complete, hashed, and free of anybody's machine."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tasks.every_python import VERSIONS
from tasks.locked_versions import FILES

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "requirements"
LOCKS = sorted(FOLDER.rglob("*.txt"))


def requirements(lock: Path) -> list[Requirement]:
    lines = lock.read_text(encoding="utf-8").splitlines()
    pins = (line.rstrip(" \\") for line in lines if re.match(r"[A-Za-z0-9]", line))
    return [Requirement(pin) for pin in pins]


def applying(lock: str, python: str) -> dict[str, Requirement]:
    environment = {
        "python_version": python,
        "python_full_version": f"{python}.0",
        "sys_platform": "linux",
        "platform_machine": "x86_64",
        "platform_python_implementation": "CPython",
        "implementation_name": "cpython",
    }
    return {
        canonicalize_name(pin.name): pin
        for pin in requirements(FOLDER / lock)
        if pin.marker is None or pin.marker.evaluate(environment)
    }


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_names_no_registry_and_no_machine(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    assert not re.search(r"https?://|file:|--index-url|--find-links|--trusted-host|@ ", text)
    assert not re.search(r"(^|\s)/\w+/", text)


@pytest.mark.parametrize("lock", LOCKS, ids=lambda lock: lock.name)
def test_every_version_is_exact_and_hashed(lock: Path) -> None:
    text = lock.read_text(encoding="utf-8")
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text)
    pinned = requirements(lock)
    assert pinned
    assert [str(pin.specifier)[:2] for pin in pinned] == ["=="] * len(pinned)
    assert sum("--hash=sha256:" in block for block in blocks) == len(pinned)


def test_every_lock_is_refreshed_by_the_command() -> None:
    assert {lock.relative_to(FOLDER).as_posix() for lock in LOCKS} == set(FILES)
    for sources in FILES.values():
        assert all(
            (ROOT / word).is_file() for word in sources if word.endswith((".py", ".in", ".txt"))
        )


@pytest.mark.parametrize("python", VERSIONS)
def test_connector_lock_satisfies_setup_py(python: str) -> None:
    pins = applying("connector.txt", python)
    wanted = [Requirement(text) for text in metadata.requires("phenom-airbyte") or []]
    checked = 0
    for requirement in wanted:
        environment = {"extra": "tests", "python_version": python, "sys_platform": "linux"}
        if requirement.marker is None or requirement.marker.evaluate(environment):
            pin = pins[canonicalize_name(requirement.name)]
            version = str(pin.specifier).removeprefix("==")
            assert requirement.specifier.contains(version), requirement
            checked += 1
    assert checked > 10


@pytest.mark.parametrize("python", VERSIONS)
@pytest.mark.parametrize("lock", ["image.txt", "sync.txt"])
def test_a_smaller_lock_is_a_part_of_the_tests_one(lock: str, python: str) -> None:
    """What people use has the versions that were tested."""
    pins, tested = applying(lock, python), applying("connector.txt", python)
    assert len(pins) > 50
    assert {name: pin.specifier for name, pin in pins.items()} == {
        name: tested[name].specifier for name in pins
    }


@pytest.mark.parametrize("python", VERSIONS)
def test_a_look_needs_no_tools(python: str) -> None:
    pins = set(applying("sync.txt", python))
    assert set(applying("image.txt", python)) < pins
    assert {"aiohttp", "duckdb", "faker", "psycopg", "setuptools"} <= pins
    assert {"hypothesis", "mypy", "pytest", "ruff", "zizmor"}.isdisjoint(pins)


def test_uv_has_one_version() -> None:
    """Whoever installs it by its version has the locked one."""
    (pin,) = requirements(FOLDER / "uv.txt")
    texts = [path.read_text("utf-8") for path in (ROOT / ".github" / "workflows").glob("*.yml")]
    texts.append((ROOT / "Dockerfile").read_text("utf-8"))
    named = {version for text in texts for version in re.findall(r"\buv==([\d.]+)", text)}
    assert named <= {str(pin.specifier).removeprefix("==")}

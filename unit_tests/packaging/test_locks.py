"""The locked versions: complete, hashed, and free of anybody's machine."""

from __future__ import annotations

import re
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

LOCKS = sorted((Path(__file__).resolve().parents[2] / "requirements").glob("*.txt"))
PYTHONS = ("3.10", "3.11", "3.12", "3.13")


def requirements(lock: Path) -> list[Requirement]:
    lines = lock.read_text(encoding="utf-8").splitlines()
    pins = (line.rstrip(" \\") for line in lines if re.match(r"[A-Za-z0-9]", line))
    return [Requirement(pin) for pin in pins]


def applying(lock: Path, python: str) -> dict[str, Requirement]:
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
        for pin in requirements(lock)
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


@pytest.mark.parametrize("python", PYTHONS)
def test_connector_lock_satisfies_setup_py(python: str) -> None:
    lock = next(lock for lock in LOCKS if lock.name == "connector.txt")
    pins = applying(lock, python)
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

"""PyAirbyte, which has its own environment because it pins many packages."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


def pyairbyte_python() -> str:
    """The interpreter of the environment that ``./run setup`` makes; skips the test without it."""
    python = ROOT / ".venv-pyairbyte" / "bin" / "python"
    if not python.is_file():
        pytest.skip("PyAirbyte is not installed: ./run setup installs it")
    return str(python)


def quiet_environment(folder: Path) -> dict[str, str]:
    """PyAirbyte stays off the network, and its files stay in the folder."""
    folder.mkdir(exist_ok=True)
    places = ("PROJECT_DIR", "CACHE_ROOT", "LOGGING_ROOT", "TEMP_DIR")
    return {
        **os.environ,
        **{f"AIRBYTE_{place}": str(folder) for place in places},
        "AIRBYTE_OFFLINE_MODE": "1",
        "AIRBYTE_NO_UV": "1",
        "DO_NOT_TRACK": "1",
    }

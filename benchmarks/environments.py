"""The peers' environments: one each, with pinned versions, made when first needed."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from benchmarks import HERE, ROOT, WORK_FOLDER
from benchmarks.processes import clean_environment

PEERS = HERE / "peers"


def peer_python(name: str) -> str:
    """The interpreter of the environment of ``peers/requirements-<name>.txt``, of our version."""
    requirements = PEERS / f"requirements-{name}.txt"
    environment = WORK_FOLDER / "peers" / name
    python, stamp = environment / "bin" / "python", environment / ".installed"
    if not stamp.exists() or stamp.read_text() != requirements.read_text():
        print(f"Installing {name} into {environment} ...", file=sys.stderr)
        clean = clean_environment()
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(environment)], check=True)
        pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "-r", str(requirements)], check=True, env=clean)
        stamp.write_text(requirements.read_text())
    return str(python)


def pyairbyte_python() -> str:
    """PyAirbyte's interpreter, which ``./run setup`` makes."""
    python = ROOT / ".venv-pyairbyte" / "bin" / "python"
    if not python.is_file():
        raise SystemExit("PyAirbyte is not installed: ./run setup installs it.")
    return str(python)


def read_command(config: str, catalog: str) -> list[str]:
    """``source-phenom read`` with these files."""
    return [*source_phenom(), "read", "--config", config, "--catalog", catalog]


def source_phenom() -> list[str]:
    """The connector's installed command."""
    script = Path(sys.executable).with_name("source-phenom")
    return [str(script)] if script.is_file() else [sys.executable, "-m", "source_phenom.run"]

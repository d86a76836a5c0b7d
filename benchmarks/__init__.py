"""Measures speed and memory, beside other readers: ``python -m benchmarks --help``."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "benchmarks"
WORK_FOLDER = HERE / ".work"
"""Rendered tenants and the peers' environments: made when needed, never committed."""

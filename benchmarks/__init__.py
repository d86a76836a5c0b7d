"""Speed and memory, beside others: ``python -m benchmarks --help``, and ``README.md``."""

from __future__ import annotations

from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
HERE = ROOT / "benchmarks"
WORKPLACE = HERE / ".work"
"""Rendered tenants and the peers' environments: made when needed, never committed."""

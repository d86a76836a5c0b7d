"""Lower bounds in ``setup.py`` that the connector depends on."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_requests_has_the_hook_for_pools() -> None:
    """Before 2.32.2 requests ignored REQUESTS_CA_BUNDLE where an adapter sets its own pools."""
    (bound,) = re.findall(r'"requests>=([\d.]+),<3"', (ROOT / "setup.py").read_text("utf-8"))
    assert tuple(map(int, bound.split("."))) >= (2, 32, 2)

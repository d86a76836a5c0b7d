from __future__ import annotations

import runpy
from pathlib import Path

DOCS = Path(__file__).parents[2] / "docs"


def test_the_schema_reference_is_up_to_date() -> None:
    reference = runpy.run_path(str(DOCS / "reference.py"))
    assert (DOCS / "streams.md").read_text(encoding="utf-8") == reference["page"]()

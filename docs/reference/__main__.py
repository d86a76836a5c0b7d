"""Writes the page. Run ``python -m docs.reference``."""

from __future__ import annotations

from docs.reference import page

page.PATH.write_text(page.page(), encoding="utf-8")

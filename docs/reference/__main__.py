"""Writes the pages. Run ``python -m docs.reference``."""

from __future__ import annotations

from docs.reference import page, privacy

page.PATH.write_text(page.page(), encoding="utf-8")
privacy.PATH.write_text(privacy.page(), encoding="utf-8")

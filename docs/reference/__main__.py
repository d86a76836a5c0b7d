"""Writes both files: ``python -m docs.reference``."""

from __future__ import annotations

from docs.reference import page, picture

page.PATH.write_text(page.page(), encoding="utf-8")
picture.PATH.write_text(picture.picture(), encoding="utf-8")

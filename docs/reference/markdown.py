"""Values as Markdown."""

from __future__ import annotations

import json
from typing import Any

_LONGEST_EXAMPLE = 64
"""Characters of an example in a table."""


def example(value: Any) -> str:
    """A value in backticks, shortened; empty for null."""
    if value is None:
        return ""
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    if len(text) > _LONGEST_EXAMPLE:
        text = text[:_LONGEST_EXAMPLE].rstrip() + " …"
    return f"`{text}`"

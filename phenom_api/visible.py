"""Escapes control characters in text from outside, so that no terminal obeys them."""

from __future__ import annotations

import json
import re

_UNSEEN = re.compile(
    "["
    "\x00-\x09\x0b-\x1f\x7f-\x9f"  # C0 but for the line feed, DEL, C1
    "\xad\u061c\u180e\u200b\u200e\u200f\u2060-\u206f\ufeff\ufff9-\ufffb"  # invisible, or turn text
    "\u2028-\u202e"  # line and paragraph separators, and what turns text
    "\ud800-\udfff"  # halves of surrogate pairs
    "\U000e0000-\U000e007f"  # invisible tags
    "]"
)
"""The joiners U+200C and U+200D are left out: words of some languages are spelled with them."""


def visible(text: str) -> str:
    r"""``text`` with control characters as JSON escapes (``\u001b``), but for line feeds.

    In JSON text they occur inside strings only, so the value stays the same. Half a surrogate pair
    becomes U+FFFD.
    """
    return _UNSEEN.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    character = found.group()
    return json.dumps("\ufffd" if "\ud800" <= character <= "\udfff" else character)[1:-1]

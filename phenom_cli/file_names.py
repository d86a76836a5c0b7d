"""Names for files out of what somebody else called them."""

from __future__ import annotations

import unicodedata
from urllib.parse import quote

_LONGEST_NAME = 150
_LONGEST_SUFFIX = 20
"""Bytes of UTF-8: file systems take 255, and an id goes in front."""
_NOT_ALLOWED = frozenset('/\\:*?"<>|')
"""Separators here or elsewhere, and what Windows refuses."""


def file_name(name: str) -> str:
    """``name`` as the name of one file, whatever the system: never a path, never hidden.

    Separators, control characters and such as turn the direction of writing become ``_``; a long
    name loses its middle, not its suffix.
    """
    composed = unicodedata.normalize("NFC", name)
    clean = "".join("_" if _is_bad(character) else character for character in composed)
    clean = clean.strip(" .")
    stem, dot, suffix = clean.rpartition(".")
    if not stem or len(suffix.encode()) > _LONGEST_SUFFIX:
        stem, dot, suffix = clean, "", ""
    room = _LONGEST_NAME - len((dot + suffix).encode())
    return _cut(stem, room) + dot + suffix or "file"


def id_name(key: str) -> str:
    """An id as a name, or the beginning of one: different ids have different names."""
    quoted = quote(key, safe="@+")
    # "." and ".." are places, not names.
    return quoted if quoted.strip(".") else quoted.replace(".", "%2E")


def _is_bad(character: str) -> bool:
    return character in _NOT_ALLOWED or unicodedata.category(character).startswith("C")


def _cut(text: str, most_bytes: int) -> str:
    return text.encode()[:most_bytes].decode(errors="ignore").rstrip(" .")

"""Safe names of files, made of names and ids from outside."""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256
from pathlib import Path
from tempfile import NamedTemporaryFile
from urllib.parse import quote

_LONGEST_ID = 100
_LONGEST_NAME = 150
_LONGEST_SUFFIX = 20
"""All in bytes of UTF-8. File systems take 255 for an id and a name together."""
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?|.*\.", re.IGNORECASE)
"""Names that Windows reserves for devices, and names that it shortens."""
_NOT_ALLOWED = frozenset('/\\:*?"<>|')
"""Separators, here or on Windows, and what Windows refuses."""


def file_name(name: str) -> str:
    """``name`` as a file name on every system: never a path, never hidden.

    Separators, control characters and characters that change the direction of writing become
    ``_``; so does the beginning of a reserved name. A name that is too long keeps its suffix.
    """
    composed = unicodedata.normalize("NFC", name)
    clean = "".join("_" if _is_bad(character) else character for character in composed)
    clean = clean.strip(" .")
    if _RESERVED.fullmatch(clean):
        clean = f"_{clean}"
    stem, dot, suffix = clean.rpartition(".")
    if not stem or len(suffix.encode()) > _LONGEST_SUFFIX:
        stem, dot, suffix = clean, "", ""
    room = _LONGEST_NAME - len((dot + suffix).encode())
    return _cut(stem, room) + dot + suffix or "file"


def id_name(key: str, *, ignores_case: bool = False) -> str:
    """An id as (the beginning of) a file name: different ids have different names.

    A name that would be too long or is reserved ends with ``=`` and a digest; so does one with
    capitals if the file system ignores case. No other name has a ``=``.
    """
    quoted = quote(key, safe="@+")
    if not quoted.strip("."):
        # "." and ".." are folders.
        quoted = quoted.replace(".", "%2E")
    is_usable = len(quoted) <= _LONGEST_ID and not _RESERVED.fullmatch(quoted)
    if is_usable and not (ignores_case and key != key.lower()):
        return quoted
    digest = f"={sha256(key.encode()).hexdigest()[:16]}"
    return quoted[: _LONGEST_ID - len(digest)] + digest


def ignores_case(folder: Path) -> bool:
    """Whether ``a`` and ``A`` are the same name in this folder."""
    with NamedTemporaryFile(prefix="case-", dir=folder) as file:
        return Path(file.name).with_name(Path(file.name).name.upper()).exists()


def _is_bad(character: str) -> bool:
    kind = unicodedata.category(character)
    return character in _NOT_ALLOWED or kind.startswith("C") or kind in ("Zl", "Zp")


def _cut(text: str, max_bytes: int) -> str:
    return text.encode()[:max_bytes].decode(errors="ignore").rstrip(" .")

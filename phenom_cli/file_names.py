"""Names for files out of what somebody else called them."""

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
"""Bytes of UTF-8: file systems take 255, and an id goes in front."""
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?|.*\.", re.IGNORECASE)
"""Names that Windows keeps for devices or shortens."""
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


def id_name(key: str, *, ignores_case: bool = False) -> str:
    """An id as a name, or the beginning of one: different ids have different names.

    One that would be too long, that some system reserves or that capitals alone tell from another
    has ``=`` and a digest at its end, which no other name has.

    :param ignores_case: whether the file system does.
    """
    quoted = quote(key, safe="@+")
    if not quoted.strip("."):
        # "." and ".." are places, not names.
        quoted = quoted.replace(".", "%2E")
    is_its_own = len(quoted) <= _LONGEST_ID and not _RESERVED.fullmatch(quoted)
    if is_its_own and not (ignores_case and key != key.lower()):
        return quoted
    digest = f"={sha256(key.encode()).hexdigest()[:16]}"
    return quoted[: _LONGEST_ID - len(digest)] + digest


def ignores_case(folder: Path) -> bool:
    """Whether the file system takes ``a`` and ``A`` for one name in this folder."""
    with NamedTemporaryFile(prefix="case-", dir=folder) as file:
        return Path(file.name).with_name(Path(file.name).name.upper()).exists()


def _is_bad(character: str) -> bool:
    kind = unicodedata.category(character)
    return character in _NOT_ALLOWED or kind.startswith("C") or kind in ("Zl", "Zp")


def _cut(text: str, most_bytes: int) -> str:
    return text.encode()[:most_bytes].decode(errors="ignore").rstrip(" .")

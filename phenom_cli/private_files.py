"""Files with personal data: new ones are readable and writable by their owner alone."""

from __future__ import annotations

import os


def owner_only(path: str, flags: int) -> int:
    """For ``open(…, opener=owner_only)``. A file that is there already keeps its mode."""
    return os.open(path, flags, 0o600)

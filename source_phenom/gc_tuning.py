"""How often Python looks for garbage."""

from __future__ import annotations

import gc


def collect_seldom() -> None:
    """For who reads pages: each is thousands of objects that come and go, and no cycles.

    Collecting by default settings, which look at all of them again and again, takes half of the
    time of parsing.
    """
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)

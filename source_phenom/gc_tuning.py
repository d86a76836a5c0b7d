"""How often Python's garbage collector runs."""

from __future__ import annotations

import gc


def collect_seldom() -> None:
    """Run the garbage collector seldom: a page has thousands of objects, but no cycles.

    With Python's default settings, the collector takes half as long as parsing.
    """
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)

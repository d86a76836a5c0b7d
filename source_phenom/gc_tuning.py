"""How often Python looks for garbage."""

from __future__ import annotations

import gc


def collect_seldom() -> None:
    """Look for garbage seldom: a page is thousands of objects that come and go without cycles.

    With Python's default settings, looking at them again and again takes half as long as parsing.
    """
    gc.freeze()
    gc.set_threshold(200_000, 20, 20)

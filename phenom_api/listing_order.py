"""In which order a listing has its rows."""

from __future__ import annotations

from enum import Enum


class Order(Enum):
    """The order by time of creation; new rows appear at the end, or in front."""

    ASCENDING = "ascending"
    DESCENDING = "descending"

"""Dates in the requests of the search operations."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Any

from phenom_sandbox.gateway.answers import Refusal

_DAY = 86_400_000  # milliseconds
_WHOLE_DAY = re.compile(r"\d{4}-\d\d-\d\d")

Moment = tuple[int, int]
"""The first and last epoch millisecond; they differ only for a whole day."""


def moment(value: Any, *, dates_only: bool = False) -> Moment:
    """Parses a number or digits (epoch milliseconds), or ISO text (UTC without a zone).

    With `dates_only`, only a whole day is accepted. Raises `Refusal` 400.
    """
    text = str(value).strip()
    whole_day = _WHOLE_DAY.fullmatch(text) is not None
    if dates_only and not whole_day:
        raise Refusal(400, "a date must be written as yyyy-MM-dd")
    try:
        if text.lstrip("-").isdigit():
            return int(text), int(text)
        parsed = datetime.fromisoformat(text.replace("Z", "+00:00"))
        if parsed.tzinfo is None:
            parsed = parsed.replace(tzinfo=timezone.utc)
        first = int(parsed.timestamp() * 1000)
    except (ValueError, OverflowError):
        raise Refusal(400, "a date must be epoch milliseconds or ISO text") from None
    return first, first + _DAY - 1 if whole_day else first

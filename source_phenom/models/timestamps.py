"""Written dates and epoch numbers to RFC 3339 in UTC with milliseconds."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from functools import lru_cache
from typing import Any

import pendulum
from dateutil import parser as written_dates

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_EARLIEST_SECONDS, _LATEST_SECONDS = 10**8, 7 * 10**9
"""Numbers taken for epoch seconds: 1973 to 2191; a thousand times as much for milliseconds."""

_EPOCH_DIGITS = range(9, 14)

_ISO = re.compile(r"\d{4}-?\d\d-?\d\d([T ].*)?|\d{4}-W\d.*")
_DAY_FIRST = re.compile(r"\b\d{1,2}\. ?\d{1,2}\. ?\d{2,4}\b")
_WITH_YEAR = re.compile(
    r".*(?<!\d)\d{4}(?!\d).*|\d{1,2}([/.-])(\d{1,2}|[A-Za-z]{3})\1\d\d(\D.*)?", re.DOTALL
)
_ZONE_HOURS = {
    "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7, "MDT": -6, "PST": -8, "PDT": -7,
    "CET": 1, "CEST": 2,
}  # fmt: skip
_PROBES = (datetime(2000, 1, 1), datetime(1999, 2, 2))
"""Two defaults: a text that leaves year, month or day open reads differently on each."""


def rfc3339(moment: datetime) -> str:
    """``2024-01-05T00:00:00.000Z``."""
    in_utc = moment.astimezone(timezone.utc).replace(tzinfo=None)
    return in_utc.isoformat(timespec="milliseconds") + "Z"


def timestamp(value: Any) -> str | None:
    """The moment that ``value`` means, or null when it is not a date.

    Understood: ISO 8601, common written dates (month first between slashes, day first between
    dots), epoch seconds and milliseconds as number or text. A date alone is midnight UTC; a
    time without zone is UTC.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return _from_epoch(value)
    if isinstance(value, str) and value.strip():
        return _from_text(value.strip())
    return None


def _from_epoch(number: float) -> str | None:
    if _EARLIEST_SECONDS * 1000 <= number <= _LATEST_SECONDS * 1000:
        return rfc3339(_EPOCH + timedelta(milliseconds=number))
    if _EARLIEST_SECONDS <= number <= _LATEST_SECONDS:
        return rfc3339(_EPOCH + timedelta(seconds=number))
    return None


@lru_cache(maxsize=4096)
def _from_text(written: str) -> str | None:
    if written.isascii() and written.isdigit() and len(written) in _EPOCH_DIGITS:
        return _from_epoch(int(written))
    moment = _iso(written) if _ISO.fullmatch(written) else None
    moment = moment or _written(written)
    if moment is None:
        return None
    try:
        return rfc3339(moment if moment.tzinfo else moment.replace(tzinfo=timezone.utc))
    except (OverflowError, ValueError):
        return None


def _iso(written: str) -> datetime | None:
    try:
        parsed = pendulum.parse(written, tz="UTC")
    except (ValueError, OverflowError, TypeError):
        return None
    return parsed if isinstance(parsed, pendulum.DateTime) else None


def _zone(name: str | None, offset: int | None) -> int | None:
    """Seconds east of UTC. A name that we do not know counts as UTC, never as this machine's."""
    if offset is not None:
        return offset
    return _ZONE_HOURS.get(name or "", 0) * 3600


def _written(written: str) -> datetime | None:
    if not _WITH_YEAR.fullmatch(written):
        return None
    day_first = bool(_DAY_FIRST.search(written))
    try:
        readings = {
            written_dates.parse(written, default=probe, dayfirst=day_first, tzinfos=_zone)
            for probe in _PROBES
        }
    except (ValueError, OverflowError, TypeError):
        return None
    return readings.pop() if len(readings) == 1 else None

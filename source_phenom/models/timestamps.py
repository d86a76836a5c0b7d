"""Converts written dates and epoch numbers to RFC 3339 in UTC with milliseconds.

A text is a date only if all of it is understood and it can mean one moment only. Else it is null.
"""

from __future__ import annotations

import re
from datetime import date, datetime, time, timedelta, timezone
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pendulum

from source_phenom.models.values import Mismatches, is_empty

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_EARLIEST_SECONDS, _LATEST_SECONDS = 10**8, 7 * 10**9
"""Numbers between the two are epoch seconds (1973 to 2191); times 1,000, milliseconds."""

_LONGEST = 120
"""Characters. A longer text is not read."""

_FURTHEST = timedelta(hours=16)
"""No zone was ever further from UTC (Manila, until 1844: 15:56)."""

_ZONE_HOURS: dict[str, tuple[float, ...]] = {
    "Z": (0,), "UTC": (0,), "GMT": (0,), "UT": (0,),
    "EST": (-5,), "EDT": (-4,), "MDT": (-6,), "PDT": (-7,), "AKST": (-9,), "AKDT": (-8,),
    "HST": (-10,), "WET": (0,), "WEST": (1,), "CET": (1,), "CEST": (2,), "MEZ": (1,),
    "MESZ": (2,), "EET": (2,), "EEST": (3,), "WAT": (1,), "CAT": (2,), "SAST": (2,), "EAT": (3,),
    "PKT": (5,), "WIB": (7,), "WITA": (8,), "WIT": (9,), "HKT": (8,), "SGT": (8,), "JST": (9,),
    "AWST": (8,), "ACST": (9.5,), "ACDT": (10.5,), "AEST": (10,), "AEDT": (11,), "NZST": (12,),
    "NZDT": (13,),
    "ADT": (-3, 4), "AMT": (-4, 4), "AST": (-4, 3), "BST": (1, 6, 11), "CDT": (-5, -4, 9),
    "CST": (-6, -5, 8), "GST": (4, -2, 10), "IST": (5.5, 2, 1), "KST": (9, 8.5), "MSK": (3, 4),
    "MST": (-7, 8), "PST": (-8, 8), "SST": (-11, 8),
}  # fmt: skip
"""The meanings of abbreviations since 2000, in hours east of UTC.

An abbreviation with several meanings is not enough alone. If a number or a region is given too, one
of its meanings must agree with it.
"""

_MONTHS = {
    "january": 1, "february": 2, "march": 3, "april": 4, "may": 5, "june": 6, "july": 7,
    "august": 8, "september": 9, "october": 10, "november": 11, "december": 12,
    "jan": 1, "feb": 2, "mar": 3, "apr": 4, "jun": 6, "jul": 7, "aug": 8, "sep": 9, "sept": 9,
    "oct": 10, "nov": 11, "dec": 12,
}  # fmt: skip
_WEEKDAYS = {
    "monday": 0, "tuesday": 1, "wednesday": 2, "thursday": 3, "friday": 4, "saturday": 5,
    "sunday": 6, "mon": 0, "tue": 1, "tues": 1, "wed": 2, "thu": 3, "thur": 3, "thurs": 3, "fri": 4,
    "sat": 5, "sun": 6,
}  # fmt: skip

_WEEKDAY = r"(?:(?P<weekday>[A-Z]{3,9})\.?,? )?"
_YEAR = r"(?P<year>\d{4})"
_MONTH = r"(?P<month>\d\d?)"
_NAMED = r"(?P<named>[A-Z]{3,9})\.?"
_DAY = r"(?P<day>\d\d?)"
_NTH = rf"{_DAY}(?:st|nd|rd|th)?"
_TIME = (
    r"(?P<hour>\d\d?)"
    r"(?:(?P<colon>[:.]?)(?P<minute>\d\d)"
    r"(?:(?P=colon)(?P<second>\d\d)(?:[.,](?P<fraction>\d+))?)?)?"
    r"(?: ?(?P<half>[AP])\.?M\b\.?)?"
)
_THEN = rf"(?:(?P<apart>T|,? at |,? |:){_TIME})?(?P<zone>.*)"
_UTC = r"(?:UTC|GMT|UT|Z) ?"
_NUMBER = rf"(?:{_UTC}[+-]\d(?::\d\d)?|(?:{_UTC})?[+-]\d\d(?::?\d\d(?::?\d\d)?)?)"


def _pattern(expression: str) -> re.Pattern[str]:
    return re.compile(expression, re.ASCII | re.IGNORECASE)


_DATES = (
    _pattern(rf"{_WEEKDAY}{_YEAR}(?P<mark>[-/.]){_MONTH}(?P=mark){_DAY}{_THEN}"),
    _pattern(
        rf"{_WEEKDAY}(?P<one>\d\d?)(?P<mark>[-/]|\. ?)(?P<other>\d\d?)(?P=mark){_YEAR}{_THEN}"
    ),
    _pattern(rf"{_WEEKDAY}{_NTH}\.?(?: of)?[ /-]?{_NAMED},?[ /-]?{_YEAR}{_THEN}"),
    _pattern(rf"{_WEEKDAY}{_NAMED}[ -]?{_NTH}(?:, ?| |-){_YEAR}{_THEN}"),
    _pattern(rf"{_WEEKDAY}{_NAMED} {_DAY} {_TIME}(?P<zone>.*) {_YEAR}"),
    _pattern(rf"{_YEAR},?[ /-]{_NAMED}[ /-]{_NTH}{_THEN}"),
    _pattern(rf"{_YEAR}\. ?{_MONTH}\. ?{_DAY}\.{_THEN}"),
    _pattern(rf"{_YEAR}(?P<month>\d\d)(?P<day>\d\d)(?:(?P<apart>[T ]?){_TIME})?(?P<zone>.*)"),
    _pattern(rf"{_YEAR}-?W(?P<week>\d\d)-?(?P<day>\d){_THEN}"),
    _pattern(rf"{_YEAR}-(?P<day_of_year>\d{{3}}){_THEN}"),
)
_ZONE = _pattern(
    rf"(?P<name>(?!{_UTC}[+-])[A-Z]{{1,5}}(?![A-Z/]))? ?(?P<number>{_NUMBER})? ?"
    r"(?:\[(?P<region>[^][]+)\]|\((?P<remark>[^()]*)\)|(?P<label>[A-Z]{1,5}|[A-Z_]+/[\w/+-]+))?"
)
_SHIFT = _pattern(rf"(?={_NUMBER}$)[A-Z ]*(?P<sign>[+-])(?P<hour>\d\d?):?(?P<rest>[\d:]*)")
_EPOCH_TEXT = _pattern(
    r"(?P<plain>[1-9]\d*(?:\.\d+)?(?:E\+?\d\d?)?)"
    r"|/Date\((?P<milliseconds>\d{12,13})(?:[+-]\d{4})?\)/"  # .NET: milliseconds in UTC
)
_DAY_AND_HOUR = _pattern(
    r"(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])(?:[01]\d|2[0-3])(?:[0-5]\d)?"
)


def rfc3339(moment: datetime) -> str:
    """``2024-01-05T00:00:00.000Z``."""
    return _in_utc(moment.astimezone(timezone.utc).replace(tzinfo=None))


def parse_rfc3339(written: str) -> datetime:
    """The moment in a text of :func:`rfc3339`."""
    moment = pendulum.parse(written)
    if not isinstance(moment, pendulum.DateTime):
        raise ValueError("not a moment")
    return moment


def _in_utc(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds") + "Z"


def timestamp(value: Any) -> str | None:
    """The moment that ``value`` means, or None when that is not certain.

    It reads ISO 8601, dates as English texts and common programs write them, and epoch seconds and
    milliseconds as number or text. Digits that can be an epoch number and a date are not certain.
    A date alone is midnight. Without a zone the time is UTC.
    Between dots the day comes first, as in every language that writes dates with dots. Between
    slashes and dashes the day or the month may come first: one of them has to be larger than 12.
    """
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, float)):
        return _from_epoch(value)
    if isinstance(value, str) and len(value) <= _LONGEST:
        return _from_text(value)
    return None


def written_time(value: Any, column: str, mismatches: Mismatches) -> str | None:
    """:func:`timestamp` for a column. A value that is not empty and not certain is a mismatch."""
    moment = timestamp(value)
    if moment is None and not is_empty(value):
        mismatches.append(column)
    return moment


def _from_epoch(number: float) -> str | None:
    if _EARLIEST_SECONDS * 1000 <= number <= _LATEST_SECONDS * 1000:
        return rfc3339(_EPOCH + timedelta(milliseconds=number))
    if _EARLIEST_SECONDS <= number <= _LATEST_SECONDS:
        return rfc3339(_EPOCH + timedelta(seconds=number))
    return None


@lru_cache(maxsize=4096)
def _from_text(text: str) -> str | None:
    written = " ".join(text.replace("\N{MINUS SIGN}", "-").split())
    number = _EPOCH_TEXT.fullmatch(written)
    if number is not None:
        epoch = _from_epoch(float(number["plain"] or number["milliseconds"]))
        if epoch is not None:
            return None if _DAY_AND_HOUR.fullmatch(written) else epoch
    for pattern in _DATES:
        match = pattern.fullmatch(written)
        if match is not None:
            try:
                return _moment(match.groupdict(default=""))
            except (OverflowError, ValueError):
                return None
    return None


_Parts = dict[str, str]
"""What the groups of a pattern matched; empty text for those that did not."""


def _moment(parts: _Parts) -> str | None:
    """The moment in UTC; ValueError or OverflowError if the day does not exist."""
    day, clock = _day(parts), _clock(parts)
    if day is None or clock is None:
        return None
    weekday = parts.get("weekday")
    if weekday and _WEEKDAYS.get(weekday.casefold()) != day.weekday():
        return None
    local = datetime.combine(day, time()) + clock
    shift = _shift(parts, local) if parts["zone"] else timedelta()
    return None if shift is None else _in_utc(local - shift)


def _day(parts: _Parts) -> date | None:
    """The day; None if it is not certain which number is the month."""
    year = int(parts["year"])
    if "week" in parts:
        return date.fromisocalendar(year, int(parts["week"]), int(parts["day"]))
    if "day_of_year" in parts:
        day = date(year, 1, 1) + timedelta(days=int(parts["day_of_year"]) - 1)
        return day if day.year == year else None
    if "named" in parts:
        return date(year, _MONTHS.get(parts["named"].casefold(), 0), int(parts["day"]))
    if "month" in parts:
        return date(year, int(parts["month"]), int(parts["day"]))
    one, other = int(parts["one"]), int(parts["other"])
    has_dots = parts["mark"].startswith(".")
    if one > 12 or one == other or (has_dots and other <= 12):
        return date(year, other, one)
    return date(year, one, other) if other > 12 else None


def _clock(parts: _Parts) -> timedelta | None:
    """The time of day; None if there is no such time. 24:00 is the end of the day."""
    hour, minute, half = parts["hour"], parts["minute"], parts["half"]
    if not hour:
        return timedelta()
    is_iso = parts.get("apart", " ") in ("T", "t", "") and len(hour) == 2
    if not (is_iso or half or parts["colon"]):
        return None
    if parts["colon"] == "." and not half:
        return None  # 10.06.24 may be a date; in ISO 8601, 10.50 is half past ten.
    hours, minutes, seconds = int(hour), int(minute or 0), int(parts["second"] or 0)
    if half:
        if not 1 <= hours <= 12:
            return None
        hours = hours % 12 + (12 if half in "Pp" else 0)
    micros = int(parts["fraction"][:6].ljust(6, "0"))
    if minutes > 59 or seconds > 59 or hours > 24 or (hours == 24 and minutes + seconds + micros):
        return None
    return timedelta(hours=hours, minutes=minutes, seconds=seconds, microseconds=micros)


def _shift(parts: _Parts, local: datetime) -> timedelta | None:
    """How far east of UTC the written zone is; None if that is not certain."""
    match = _ZONE.fullmatch(parts["zone"].strip())
    if match is None or _may_end_a_range(parts):
        return None
    name, number, region, remark, label = match.groups(default="")
    if name in ("Z", "z") and region in _regions():
        region = ""  # With Z, a region does not change the time (RFC 9557).
    meanings = [_meanings(each, local) for each in (name, number, region, label) if each]
    in_remark = _meanings(remark, local)
    # A remark like "Central European Summer Time" only explains the zone, so it may be unknown.
    if in_remark or any(character.isdigit() for character in remark):
        meanings.append(in_remark)
    common = frozenset.intersection(*meanings) if meanings else frozenset()
    return next(iter(common)) if len(common) == 1 else None


def _may_end_a_range(parts: _Parts) -> bool:
    """Whether the text of a zone can be the end of a range: ``2024-05-01 09:00-12:00``."""
    zone = parts["zone"]
    if not zone.startswith("-"):
        return False
    if not parts["hour"]:
        return ":" not in zone
    is_iso = parts.get("apart") in ("T", "t", "") or parts["second"]
    return not is_iso and zone[1:] > f"{parts['hour']:0>2}:{parts['minute']}"


def _meanings(zone: str, local: datetime) -> frozenset[timedelta]:
    """The shifts east of UTC that a number, abbreviation or region can mean at a local time."""
    if zone.upper() in _ZONE_HOURS:
        return frozenset(timedelta(hours=hours) for hours in _ZONE_HOURS[zone.upper()])
    match = _SHIFT.fullmatch(zone)
    if match is not None:
        rest = match["rest"].replace(":", "").ljust(4, "0")
        hours, minutes, seconds = int(match["hour"]), int(rest[:2]), int(rest[2:])
        shift = timedelta(hours=hours, minutes=minutes, seconds=seconds)
        if minutes > 59 or seconds > 59 or shift > _FURTHEST:
            return frozenset()
        return frozenset([shift if match["sign"] == "+" else -shift])
    if zone in _regions():
        region = ZoneInfo(zone)
        # When clocks go back, an hour occurs twice; when they go forward, an hour does not exist.
        twice = (local.replace(tzinfo=region, fold=fold).utcoffset() for fold in (0, 1))
        return frozenset(shift for shift in twice if shift is not None)
    return frozenset()


@lru_cache(maxsize=1)
def _regions() -> frozenset[str]:
    return frozenset(available_timezones())

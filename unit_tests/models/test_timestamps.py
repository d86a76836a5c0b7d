from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given
from hypothesis import strategies as st

from source_phenom.models.timestamps import timestamp

FIFTH = "2026-03-05T00:00:00.000Z"


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-05",
        " 2026-03-05 ",
        "20260305",
        "2026/03/05",
        "2026.03.05",
        "2026. 3. 5.",
        "2026-3-5",
        "05.03.2026",
        "5.3.2026",
        "March 5, 2026",
        "Mar 5, 2026",
        "Mar. 5 2026",
        "March 5th, 2026",
        "5 March 2026",
        "5th of March 2026",
        "5. March 2026",
        "5. 3. 2026",
        "Thu, 05.03.2026",
        "05-Mar-2026",
        "05MAR2026",
        "2026-Mar-05",
        "Thursday, March 5, 2026",
        "Thu, 05 Mar 2026 00:00:00 GMT",
        "2026-03-05T00:00:00Z",
        "2026-03-05t00:00:00z",
        "2026-03-05T00:00:00.000+0000",
        "2026-03-05T01:00:00+01:00",
        "2026-03-05T01:00+01",
        "2026-03-04T19:00:00-05:00",
        "2026-03-04T19:00:00\N{MINUS SIGN}05:00",
        "2026-03-05 00:00:00",
        "2026-03-04T24:00:00Z",
        "20260305T000000Z",
        "20260305000000",
        "20260305 00:00:00",
        "05-MAR-2026 12.00.00.000000 AM",
        "2026-W10-4",
        "2026W104",
        "2026-064",
        "2026-03-04 19:00 EST",
        "Thu Mar  5 00:00:00 2026",
        "Thu Mar 05 01:00:00 CET 2026",
        "Wed Mar 04 19:00:00 GMT-05:00 2026",
        "05/Mar/2026:01:00:00 +0100",
        "2026-03-05 00:00:00.000 +0000 UTC",
        "1772668800",
        "1772668800000",
        "1772668800.0",
        "1772668800000.0",
        "1.7726688E9",
        "1.7726688E12",
        "/Date(1772668800000)/",
        "/Date(1772668800000+0200)/",
        1772668800,
        1772668800000,
        1772668800.0,
    ],
)
def test_dates_that_people_and_machines_write(written: Any) -> None:
    assert timestamp(written) == FIFTH


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-05Z",
        "2026-03-05 UTC",
        "2026-03-05+00:00",
        "2026-03-05T00:00:00Z[UTC]",
        "2026-03-05T02:00:00+02:00[Africa/Cairo]",
        "2026-03-05T00:00:00Z[Africa/Cairo]",
        "2026-03-05T02:00:00+02:00[GMT+02:00]",
        "2026-03-05T02:00:00[Africa/Cairo]",
        "2026-03-05 02:00 Africa/Cairo",
        "2026-03-05 02:00 UTC+02:00",
        "2026-03-05 02:00 UTC +02:00",
        "2026-03-05 02:00 UTC+2",
        "2026-03-05 02:00 utc+0200",
        "2026-03-05 02:00 (UTC+02:00)",
        "2026-03-04 19:00 GMT-5",
        "2026-03-04 19:00 UTC\N{MINUS SIGN}5",
        "2026-03-04T19:00:00 EST-0500",
        "2026-03-04T17:00:00Z-0700",
        "2026-03-05 05:30 UTC+5:30",
        "2026-03-05 05:45 GMT+05:45",
        "2026-03-05 05:30 IST+0530",
        "2026-03-05 02:00 IST+0200",
        "2026-03-05 05:30:00 +0530 IST",
        "2026-03-05 05:30 IST [Asia/Kolkata]",
        "2026-03-05 01:00 CET",
        "Thu Mar 05 2026 05:30:00 GMT+0530",
        "Thu Mar 05 2026 05:30:00 GMT+0530 (India Standard Time)",
        "Thu Mar 05 2026 01:00:00 GMT+0100 (Central European Standard Time)",
        "Thu Mar 05 2026 01:00:00 GMT+0100 (Mitteleuropäische Normalzeit)",
        "Wed Mar 04 2026 21:00:00 GMT-0300 (GMT-03:00)",
        "Thu, 05 Mar 2026 01:00:00 +0100 (CET)",
        "March 5, 2026 at 2:00:00 AM GMT+2",
    ],
)
def test_written_zones(written: str) -> None:
    assert timestamp(written) == FIFTH


def test_a_date_alone_is_midnight_in_its_zone() -> None:
    assert timestamp("2026-03-05+01:00") == "2026-03-04T23:00:00.000Z"
    assert timestamp("2026-03-05-05:00") == "2026-03-05T05:00:00.000Z"


@pytest.mark.parametrize(
    "written",
    [
        # Which of the two is the month, which the year, which century?
        "03/05/2026",
        "3/5/2026 10:00",
        "05-03-2026",
        "26-03-05",
        "01/02/03",
        "3/5/26",
        "05-MAR-26",
        "5.3.26",
        "Thursday, 05-Mar-26 10:00:00 GMT",
        # Two dates, an interval, two times.
        "2026-03-05, 2026-04-05",
        "2026-03-05 2026-04-05",
        "2026-03-05/2026-04-05",
        "2026-03-05 - 2026-04-05",
        "2026-03-05 to 2026-04-05",
        "2026-03-05/P1M",
        "March 5, 2026 - April 5, 2026",
        "2026-03-05 09:00 - 17:00",
        "2026-03-05 09:00-12:00",
        "2026-03-05 9:00-5:00",
        "05.03.2026 06.03.26",
        "20260305 09:00-12:00",
        # Abbreviations that several zones share, and words that nobody knows.
        "2026-03-05 10:11:12 IST",
        "2026-03-05 10:11:12 BST",
        "2026-03-05 10:11:12 CST",
        "2026-03-05 10:11:12 PST",
        "2026-03-05 10:11:12 AST",
        "Thu, 05 Mar 2026 10:11:12 CST",
        "2026-03-05 10:11:12 (CST)",
        "2026-03-05 10:11:12 XYZ",
        "2026-03-05 10:11:12 XYZ+0200",
        "2026-03-05T10:11:12[Mars/Olympus]",
        "2026-03-05T10:11:12Z[Mars/Olympus]",
        "2026-03-05T10:11:12Z[2026-04-05]",
        "2026-03-05T10:11:12Z[]",
        "2026-03-05T10:11:12+99:00",
        "2026-03-05T10:11:12+02:75",
        "2026-03-05T10:11:12 -5",
        # What contradicts itself.
        "Fri, 05 Mar 2026",
        "2026-03-05 10:00 EST+0500",
        "2026-03-05 10:00 +0200 EST",
        "2026-03-05T10:00:00+05:00[Europe/Berlin]",
        "2026-03-05 13:00 PM",
        "2026-03-05 0:30 AM",
        # Half past ten, or ten minutes to eleven?
        "2026-03-05T10.50",
        # An epoch, or a day with its hour?
        "2026030510",
        "202603051011",
        # Milliseconds are what .NET writes.
        "/Date(1772668800)/",
        # Hours that clocks skip or repeat.
        "2026-03-29T02:30:00[Europe/Berlin]",
        "2026-10-25T02:30:00[Europe/Berlin]",
        # Anything beside a date.
        "Posted 2026-03-05",
        "2026-03-05 soon",
        "2026-03-05T",
        "2026-03-05 10",
        "-2026-03-05",
        "1772668800 s",
    ],
)
def test_a_date_that_is_not_certain_is_null(written: str) -> None:
    assert timestamp(written) is None


def test_an_hour_that_occurs_twice_needs_an_offset() -> None:
    assert timestamp("2026-10-25T02:30:00+01:00[Europe/Berlin]") == "2026-10-25T01:30:00.000Z"


def test_a_number_above_12_is_the_day() -> None:
    assert timestamp("25/03/2026") == "2026-03-25T00:00:00.000Z"
    assert timestamp("03/25/2026") == "2026-03-25T00:00:00.000Z"
    assert timestamp("25-03-2026") == "2026-03-25T00:00:00.000Z"
    assert timestamp("03/03/2026") == "2026-03-03T00:00:00.000Z"


def test_abbreviations_have_the_offsets_of_the_iana_zones() -> None:
    """No IANA zone uses an abbreviation for another offset; sampled in winter and summer."""
    used: dict[str, set[timedelta]] = {}
    for name in available_timezones():
        zone = ZoneInfo(name)
        for year in range(2000, 2027, 2):
            for month in (1, 7):
                moment = datetime(year, month, 15, tzinfo=timezone.utc).astimezone(zone)
                offset = moment.utcoffset()
                assert offset is not None
                used.setdefault(moment.tzname() or "", set()).add(offset)
    known = {}
    for name, offsets in used.items():
        read = timestamp(f"2026-03-05 12:00 {name}") if re.fullmatch("[A-Z]+", name) else None
        if read is not None:
            hour = datetime.fromisoformat(read.replace("Z", "+00:00"))
            known[name] = {datetime(2026, 3, 5, 12, tzinfo=timezone.utc) - hour}
            assert known[name] == offsets, name
    assert {"UTC", "GMT", "EST", "CET", "CEST", "JST"} <= known.keys()


@given(
    st.datetimes(
        min_value=datetime(1900, 1, 2),
        timezones=st.timezones(),
    )
)
def test_texts_that_python_writes(moment: datetime) -> None:
    try:
        expected = moment.astimezone(timezone.utc)
    except OverflowError:
        return
    day = f"{expected.year:04d}-{expected:%m-%d}"
    millisecond = expected.microsecond // 1000
    assert timestamp(moment.isoformat()) == f"{day}T{expected:%H:%M:%S}.{millisecond:03d}Z"


@given(st.text(max_size=150) | st.text("0123456789-/:.,TZ+ ()[]UTCGMTMay", max_size=150))
def test_no_text_raises(written: str) -> None:
    read = timestamp(written)
    assert read is None or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", read)


def test_years_have_four_digits() -> None:
    assert timestamp("0001-01-01T00:00:00") == "0001-01-01T00:00:00.000Z"


def test_time_and_milliseconds_are_kept() -> None:
    assert timestamp("2026-03-05T10:11:12.3456Z") == "2026-03-05T10:11:12.345Z"
    assert timestamp("2026-03-05T10:11:12.999999999Z") == "2026-03-05T10:11:12.999Z"
    assert timestamp("2026-03-05T10:11:12,345Z") == "2026-03-05T10:11:12.345Z"
    assert timestamp("03/25/2026 4:30 PM") == "2026-03-25T16:30:00.000Z"
    assert timestamp("03/25/2026, 4:30:00\N{NARROW NO-BREAK SPACE}PM") == "2026-03-25T16:30:00.000Z"
    assert timestamp("2026-03-05 12:15 a.m.") == "2026-03-05T00:15:00.000Z"
    assert timestamp("2026-03-05 12:15 p.m.") == "2026-03-05T12:15:00.000Z"
    assert timestamp(1772668800123) == "2026-03-05T00:00:00.123Z"
    assert timestamp("1772668800.5") == "2026-03-05T00:00:00.500Z"


@pytest.mark.parametrize(
    "written",
    ["", "  ", "soon", "2024-W01-5/T02", "1" * 5000, "tomorrow", "March", "March 2026",
     "2026", "12:30", "31.02.2026", "2026-W54-1", "2026-366", "2026-03-05T24:00:01",
     "2026-03-05T10:11:60Z", "0001-01-01T00:00:00+01:00", "9999-12-31T23:00:00-05:00",
     "2026-13-01", "R-2026", "Q1 2026", 5, 0, -1, True, None, [], {}, 1e30, float("nan")],
)  # fmt: skip
def test_a_value_that_is_not_a_date_is_null(written: Any) -> None:
    assert timestamp(written) is None

from __future__ import annotations

from typing import Any

import pytest

from source_phenom.models.timestamps import timestamp

FIFTH = "2026-03-05T00:00:00.000Z"


@pytest.mark.parametrize(
    "written",
    [
        "2026-03-05",
        " 2026-03-05 ",
        "20260305",
        "2026/03/05",
        "03/05/2026",
        "3/5/2026",
        "3/5/26",
        "05.03.2026",
        "5.3.2026",
        "March 5, 2026",
        "Mar 5, 2026",
        "5 March 2026",
        "5. 3. 2026",
        "Thu, 05.03.2026",
        "05-Mar-2026",
        "05-MAR-26",
        "Thursday, March 5, 2026",
        "Thu, 05 Mar 2026 00:00:00 GMT",
        "2026-03-05T00:00:00Z",
        "2026-03-05T00:00:00.000+0000",
        "2026-03-05T01:00:00+01:00",
        "2026-03-04T19:00:00-05:00",
        "2026-03-05 00:00:00",
        "2026-03-04 19:00 EST",
        "1772668800",
        "1772668800000",
        1772668800,
        1772668800000,
        1772668800.0,
    ],
)
def test_dates_that_people_and_machines_write(written: Any) -> None:
    assert timestamp(written) == FIFTH


def test_a_day_that_cannot_be_a_month_is_a_day() -> None:
    assert timestamp("25/03/2026") == "2026-03-25T00:00:00.000Z"


def test_a_zone_that_nobody_knows_is_not_this_machine_s() -> None:
    assert timestamp("2026-03-05 10:11:12 IST") == "2026-03-05T10:11:12.000Z"


def test_years_have_four_digits() -> None:
    assert timestamp("0001-01-01T00:00:00") == "0001-01-01T00:00:00.000Z"


def test_time_and_milliseconds_are_kept() -> None:
    assert timestamp("2026-03-05T10:11:12.3456Z") == "2026-03-05T10:11:12.345Z"
    assert timestamp("03/05/2026 4:30 PM") == "2026-03-05T16:30:00.000Z"
    assert timestamp(1772668800123) == "2026-03-05T00:00:00.123Z"


@pytest.mark.parametrize(
    "written",
    ["", "  ", "soon", "2024-W01-5/T02", "1" * 5000, "tomorrow", "March", "March 2026",
     "2026", "12:30", "31.02.2026",
     "2026-13-01", "R-2026", "Q1 2026", 5, 0, -1, True, None, [], {}, 1e30, float("nan")],
)  # fmt: skip
def test_what_is_no_date_is_null(written: Any) -> None:
    assert timestamp(written) is None

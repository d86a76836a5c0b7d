"""The time in an application's id, from sync to sync."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from unit_tests.reading.recruiting import NOW, Recruiting, read
from unit_tests.reading.test_left_out import USER, applied

DATED = datetime(2027, 1, 5, 12, 0, tzinfo=timezone.utc)


@pytest.mark.parametrize("user", [{}, USER], ids=["no user", "acting user"])
def test_a_time_ahead_shows_when_its_day_comes_and_stays(user: dict[str, Any]) -> None:
    one = applied(1, 1, "JR-1", "Fair")
    key = f"{int(DATED.timestamp()):08x}{1:016x}"
    own = {**(one.own or {}), "phApplicationId": key}
    given = Recruiting([replace(one, row={**one.row, "id": key}, own=own), applied(2, 2, None, "")])
    eve = DATED - timedelta(days=1)
    states: dict[str, Any] = {}
    told = []
    for now in (NOW, eve - timedelta(seconds=1), eve, DATED, NOW, DATED + timedelta(days=900)):
        printed = read(given, states, now=now, streams=["applications", "candidates"], **user)
        states = printed.states
        record = printed.by_remote_id("applications").get(key)
        told.append(record and (record["applied_at"], record["outcome"]))
        assert bool(printed.records["candidates"]) is (len(told) == 1)
    outcome = "PENDING" if user else None
    moment = "2027-01-05T12:00:00.000Z"
    # If the clock goes back by more than a day, the time is null again.
    assert told == [
        (None, outcome),
        None,
        (moment, outcome),
        None,
        (None, outcome),
        (moment, outcome),
    ]

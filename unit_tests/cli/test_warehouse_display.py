"""The reminders of a running sync: its phase, what it waits for, how fast it reads."""

from __future__ import annotations

from typing import Any

import pytest

from phenom_cli.display import PlainDisplay

STARTING = {"event": "phase", "phase": "starting"}
READING = {"event": "phase", "phase": "reading"}
PROGRESS = {"event": "progress", "records": {"jobs": 10_000, "users": 2_000}}


@pytest.mark.parametrize(
    ("events", "line"),
    [
        ([STARTING], "  Starting the connector, 20 s"),
        ([READING], "  Reading from Phenom, 20 s: no record yet, waiting for Phenom"),
        ([READING, PROGRESS], "  Reading from Phenom, 20 s: 12,000 records, 600 a second"),
        (
            [READING, PROGRESS, {"event": "waiting", "waiting": True}],
            "  Reading from Phenom, 20 s: waiting for the warehouse",
        ),
        ([READING, {"event": "phase", "phase": "loading"}], "  Loading into the warehouse, 20 s"),
    ],
)
def test_a_reminder(events: list[dict[str, Any]], line: str) -> None:
    now = [100.0]
    lines: list[str] = []
    display = PlainDisplay(lines.append, monotonic=lambda: now[0])
    for event in events:
        display.show(event)
    now[0] += 20
    display.remind()
    assert lines[-1] == line

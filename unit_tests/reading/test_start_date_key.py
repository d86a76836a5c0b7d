"""The keys ``start_date`` and ``full_scan_hours`` of the configuration."""

from __future__ import annotations

from typing import Any

import pytest

from phenom_api.errors import InvalidConfig
from source_phenom.config import source_config
from unit_tests.reading.protocol import CONFIG


@pytest.mark.parametrize(
    ("written", "second"),
    [
        ("2025-01-31", 1_738_281_600),
        ("2025-01-31T08:00", 1_738_310_400),
        ("2025-01-31 08:00:00", 1_738_310_400),
        ("2025-01-31T08:00:00Z", 1_738_310_400),
        ("2025-01-31T08:00:00.5Z", 1_738_310_400),
        ("2025-01-31T08:00:00+00:00", 1_738_310_400),
        ("1969-12-31", -86_400),
        (None, None),
    ],
)
def test_start_dates(written: str | None, second: int | None) -> None:
    assert source_config({**CONFIG, "start_date": written}).start_second == second


@pytest.mark.parametrize(
    "written",
    [
        "",
        "yesterday",
        "2025-02-30",
        "31.01.2025",
        "2025-01-31T08:00:00+02:00",
        "2025-1-3",
        20250131,
    ],
)
def test_other_start_dates_are_refused(written: Any) -> None:
    with pytest.raises(InvalidConfig, match=r"'start_date' must be a (date such as|valid string)"):
        source_config({**CONFIG, "start_date": written})


@pytest.mark.parametrize("hours", [-1, 8761, "24", 1.5, True])
def test_full_scan_hours_are_0_to_8760(hours: Any) -> None:
    with pytest.raises(InvalidConfig, match="'full_scan_hours' must be"):
        source_config({**CONFIG, "full_scan_hours": hours})

"""The ``location`` object of jobs and candidates."""

from __future__ import annotations

from typing import Any

from source_phenom.models.countries import alpha_2
from source_phenom.models.values import Mismatches, text


def location(
    mismatches: Mismatches,
    *,
    street_1: Any = None,
    street_2: Any = None,
    city: Any = None,
    state: Any = None,
    zip_code: Any = None,
    country: Any = None,
) -> dict[str, str | None] | None:
    """``{city, country, raw, state, street_1, street_2, zip_code}``; null when all is empty.

    ``raw`` is the non-empty parts as Phenom gave them, joined with ", ".
    """
    parts = [
        text(part, "location", mismatches)
        for part in (street_1, street_2, city, state, zip_code, country)
    ]
    given = [part for part in parts if part is not None]
    if not given:
        return None
    line_1, line_2, town, region, code, land = parts
    return {
        "city": town,
        "country": land if land is None else alpha_2(land) or land,
        "raw": ", ".join(given),
        "state": region,
        "street_1": line_1,
        "street_2": line_2,
        "zip_code": code,
    }

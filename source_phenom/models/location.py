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
    """``{city, country, raw, state, street_1, street_2, zip_code}``; None when all parts are empty.

    ``raw`` is the non-empty parts as Phenom has them, joined with ", ".
    """
    parts = [
        text(part, "location", mismatches)
        for part in (street_1, street_2, city, state, zip_code, country)
    ]
    given = [part for part in parts if part is not None]
    if not given:
        return None
    street_1, street_2, city, state, zip_code, country = parts
    return {
        "city": city,
        "country": country if country is None else alpha_2(country) or country,
        "raw": ", ".join(given),
        "state": state,
        "street_1": street_1,
        "street_2": street_2,
        "zip_code": zip_code,
    }

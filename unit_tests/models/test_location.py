from __future__ import annotations

import pytest

from source_phenom.models.countries import alpha_2
from source_phenom.models.location import location
from source_phenom.models.values import Odd


@pytest.mark.parametrize(
    ("country", "code"),
    [
        ("DE", "DE"),
        ("de", "DE"),
        ("DEU", "DE"),
        ("Germany", "DE"),
        (" germany ", "DE"),
        ("Deutschland", "DE"),
        ("Allemagne", "DE"),
        ("Espana", "ES"),
        ("Österreich", "AT"),
        ("Osterreich", "AT"),
        ("टोंगा", "TO"),
        ("Kongo", None),
        ("日本", "JP"),
        ("الهند", "IN"),
        ("USA", "US"),
        ("U.S.A.", "US"),
        ("United States", "US"),
        ("United States of America", "US"),
        ("UK", "GB"),
        ("United Kingdom", "GB"),
        ("England", "GB"),
        ("South Korea", "KR"),
        ("Korea, Republic of", "KR"),
        ("Russia", "RU"),
        ("Turkey", "TR"),
        ("Türkiye", "TR"),
        ("The Netherlands", "NL"),
        ("Czech Republic", "CZ"),
        ("Côte d'Ivoire", "CI"),
        ("Viet Nam", "VN"),
        ("Atlantis", None),
        ("Remote", None),
        ("XX", None),
        ("--", None),
    ],
)
def test_countries(country: str, code: str | None) -> None:
    assert alpha_2(country) == code


def test_raw_keeps_what_phenom_gave_in_its_order() -> None:
    odd: Odd = []
    assert location(
        odd,
        street_1="1 Main St",
        street_2="Apt 2",
        city="Springfield",
        state="IL",
        zip_code=62701,
        country="United States",
    ) == {
        "city": "Springfield",
        "country": "US",
        "raw": "1 Main St, Apt 2, Springfield, IL, 62701, United States",
        "state": "IL",
        "street_1": "1 Main St",
        "street_2": "Apt 2",
        "zip_code": "62701",
    }
    assert odd == ["location"]


def test_a_country_that_is_none_stays_text() -> None:
    found = location([], country="Atlantis")
    assert found is not None
    assert (found["country"], found["raw"], found["city"]) == ("Atlantis", "Atlantis", None)


def test_an_empty_location_is_null() -> None:
    assert location([], street_1="", city=" ", country=None) is None

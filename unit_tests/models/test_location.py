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
        ("Korea, Republic of (South Korea)", "KR"),
        ("Korea (the Democratic People's Republic of)", "KP"),
        ("Korea, North", "KP"),
        ("Taiwan (Province of China)", "TW"),
        ("Taiwan, R.O.C.", "TW"),
        ("Netherlands, The", "NL"),
        ("Netherlands (Kingdom of the)", "NL"),
        ("Bahamas, The", "BS"),
        ("United States of America (USA)", "US"),
        ("US-United States", "US"),
        ("Vereinigte Staaten von Amerika", "US"),
        ("Estados Unidos de América", "US"),
        ("China Mainland", "CN"),
        ("Mainland China", "CN"),
        ("中華人民共和国", "CN"),
        ("Hong Kong SAR", "HK"),
        ("Hong Kong, China", "HK"),
        ("Macau", "MO"),
        ("Macao, China", "MO"),
        ("Virgin Islands (U.S.)", "VI"),
        ("Virgin Islands, British", "VG"),
        ("Virgin Islands", None),
        ("Congo", "CG"),
        ("Congo (Kinshasa)", "CD"),
        ("Congo, Democratic Republic of the", "CD"),
        ("Guinea", "GN"),
        ("Equatorial Guinea", "GQ"),
        ("Papua New Guinea", "PG"),
        ("Guinea Bissau", "GW"),
        ("Niger", "NE"),
        ("Nigeria", "NG"),
        ("Dominica", "DM"),
        ("Dominican Republic", "DO"),
        ("Ireland, Republic of", "IE"),
        ("Northern Ireland", "GB"),
        ("England, UK", "GB"),
        ("Samoa", "WS"),
        ("American Samoa", "AS"),
        ("Bosnia", "BA"),
        ("Bosnia-Herzegovina", "BA"),
        ("Micronesia (Federated States of)", "FM"),
        ("Iran, Islamic Republic of", "IR"),
        ("Macedonia, the former Yugoslav Republic of", "MK"),
        ("St. Kitts & Nevis", "KN"),
        ("Türkiye (Turkey)", "TR"),
        ("Pays-Bas (les)", "NL"),
        ("Germany (DE)", "DE"),
        ("DE - Germany", "DE"),
        ("Germany / Deutschland", "DE"),
        # A wrong country is worse than text.
        ("Georgia, USA", None),
        ("Atlanta, Georgia", None),
        ("Peru, IN", None),
        ("Lebanon, PA", None),
        ("Jersey City", None),
        ("New Jersey", None),
        ("New Mexico", None),
        ("New England", None),
        ("Inner Mongolia", None),
        ("South America", None),
        ("Latin America", None),
        ("Indiana", None),
        ("Republic of China", None),
        ("Germany, Austria", None),
        ("Austria-Hungary", None),
        ("US-CA", None),
        ("N/A", None),
        ("D-E", None),
        ("The", None),
        ("Saint", None),
        ("Germany (Remote)", None),
        ("Kosovo", None),
        ("a-" * 100_000, None),
        ("Atlantis", None),
        ("Remote", None),
        ("XX", None),
        ("--", None),
    ],
    ids=lambda value: str(value)[:40],
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

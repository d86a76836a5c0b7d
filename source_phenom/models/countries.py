"""Country names and codes in any spelling to ISO 3166-1 alpha-2."""

from __future__ import annotations

from functools import lru_cache

import pycountry
from babel import Locale

from source_phenom.models.values import bare

_LOCALES = (
    *("en", "de", "fr", "es", "pt", "it", "nl", "pl", "cs", "sk", "hu", "ro", "bg", "hr", "sl"),
    *("el", "tr", "ru", "uk", "sv", "da", "nb", "fi", "et", "lv", "lt", "ar", "he", "hi"),
    *("ja", "zh", "zh_Hant", "ko", "th", "vi", "id", "ms"),
)
"""Languages whose names of countries are understood (Unicode CLDR)."""

_EVERYDAY = {
    "uk": "GB",
    "greatbritain": "GB",
    "england": "GB",
    "scotland": "GB",
    "wales": "GB",
    "northernireland": "GB",
    "america": "US",
    "theunitedstates": "US",
    "unitedstatesamerica": "US",
    "uae": "AE",
    "emirates": "AE",
    "holland": "NL",
    "thenetherlands": "NL",
    "korea": "KR",
    "southkorea": "KR",
    "republicofkorea": "KR",
    "northkorea": "KP",
    "russia": "RU",
    "turkey": "TR",
    "brunei": "BN",
    "swaziland": "SZ",
    "capeverde": "CV",
    "burma": "MM",
    "macau": "MO",
    "macedonia": "MK",
    "palestine": "PS",
    "drcongo": "CD",
    "ivorycoast": "CI",
    "republicofireland": "IE",
    "vaticancity": "VA",
    "micronesia": "FM",
    "easttimor": "TL",
    "czechia": "CZ",
}


@lru_cache(maxsize=4096)
def alpha_2(country: str) -> str | None:
    """The code of a country given by name, alpha-2, alpha-3 or number; null when unknown."""
    written = " ".join(country.split())
    for spelling in (written, written.replace(".", "")):
        try:
            return str(pycountry.countries.lookup(spelling).alpha_2)
        except LookupError:
            continue
    label = bare(written)
    return (_EVERYDAY.get(label) or _names().get(label)) if label else None


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """Bare country name in any of our languages to its code; built when first needed."""
    codes = {country.alpha_2 for country in pycountry.countries}
    names: dict[str, str] = {}
    for language in _LOCALES:
        for code, name in Locale.parse(language).territories.items():
            if code in codes:
                names.setdefault(bare(name), code)
    return names

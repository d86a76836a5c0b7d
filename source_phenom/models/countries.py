"""Country names and codes in any spelling to ISO 3166-1 alpha-2."""

from __future__ import annotations

from functools import lru_cache
from unicodedata import category, normalize

import pycountry
from babel import Locale

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
    "britain": "GB",
    "vatican": "VA",
    "prc": "CN",
    "ksa": "SA",
    "thebahamas": "BS",
    "thegambia": "GM",
    "thephilippines": "PH",
    "democraticrepublicofthecongo": "CD",
    "republicofthecongo": "CG",
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
    label = _label(written)
    return (_EVERYDAY.get(label) or _names().get(label)) if label else None


def _label(name: str) -> str:
    """A name without case, spaces, punctuation and Latin accents."""
    letters = (c for c in normalize("NFKD", name) if not "\u0300" <= c <= "\u036f")
    return "".join(c for c in letters if category(c)[0] not in "PSZ").casefold()


@lru_cache(maxsize=1)
def _names() -> dict[str, str]:
    """Label to code in any of our languages; built when a name first needs it.

    A label that means different countries in different languages means none, unless English
    has it.
    """
    codes = {country.alpha_2 for country in pycountry.countries}
    english: dict[str, str] = {}
    elsewhere: dict[str, set[str]] = {}
    for language in _LOCALES:
        for code, name in Locale.parse(language).territories.items():
            if code in codes and language == "en":
                english[_label(name)] = code
            elif code in codes:
                elsewhere.setdefault(_label(name), set()).add(code)
    foreign = {label: min(found) for label, found in elsewhere.items() if len(found) == 1}
    return {**foreign, **english}

"""Finds the ISO 3166-1 alpha-2 code of a country name or code in any spelling."""

from __future__ import annotations

import gettext
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from itertools import chain
from unicodedata import category, normalize

import pycountry
from babel import Locale

_LOCALES = (
    *("en", "de", "fr", "es", "pt", "it", "nl", "pl", "cs", "sk", "hu", "ro", "bg", "hr", "sl"),
    *("el", "tr", "ru", "uk", "sv", "da", "nb", "fi", "et", "lv", "lt", "ar", "he", "hi"),
    *("ja", "zh", "zh_Hant", "ko", "th", "vi", "id", "ms"),
)
"""Languages of the country names (Unicode CLDR, and the translations of ISO 3166)."""

_OF_ISO = {"nb": "nb_NO", "zh": "zh_CN", "zh_Hant": "zh_TW"}
"""Languages that pycountry calls otherwise."""

_EVERYDAY = {
    "UK": "GB",
    "Great Britain": "GB",
    "Great Britain and Northern Ireland": "GB",
    "Britain": "GB",
    "Großbritannien": "GB",
    "Grande-Bretagne": "GB",
    "Gran Bretaña": "GB",
    "Gran Bretagna": "GB",
    "Grã-Bretanha": "GB",
    "Groot-Brittannië": "GB",
    "England": "GB",
    "Scotland": "GB",
    "Wales": "GB",
    "Northern Ireland": "GB",
    "America": "US",
    "EE. UU.": "US",
    "United States America": "US",
    "US of America": "US",
    "Virgin Islands of the US": "VI",
    "Virgin Islands of the UK": "VG",
    "UAE": "AE",
    "Emirates": "AE",
    "KSA": "SA",
    "Holland": "NL",
    "Republic of Ireland": "IE",
    "Eire": "IE",
    "Korea": "KR",
    "South Korea": "KR",
    "Republic of Korea": "KR",
    "Republic of South Korea": "KR",
    "North Korea": "KP",
    "DPRK": "KP",
    "PRC": "CN",
    "PR China": "CN",
    "Macau": "MO",
    "Macau, China": "MO",
    "Taiwan, ROC": "TW",
    "Russia": "RU",
    "Turkey": "TR",
    "Republic of Turkey": "TR",
    "Brunei": "BN",
    "St. Maarten": "SX",
    "Swaziland": "SZ",
    "Kingdom of Swaziland": "SZ",
    "Cape Verde": "CV",
    "Republic of Cape Verde": "CV",
    "Burma": "MM",
    "Bosnia": "BA",
    "Macedonia": "MK",
    "Republic of Macedonia": "MK",
    "Former Yugoslav Republic of Macedonia": "MK",
    "Palestine": "PS",
    "Palestinian Territory": "PS",
    "Occupied Palestinian Territory": "PS",
    "Ivory Coast": "CI",
    "Holy See": "VA",
    "Vatican": "VA",
    "Vatican City": "VA",
    "Vatican City State": "VA",
    "Libyan Arab Jamahiriya": "LY",
    "State of Libya": "LY",
    "Micronesia": "FM",
    "East Timor": "TL",
    "Elfenbeinküste": "CI",
    "Weißrussland": "BY",
    "Faeroe Islands": "FO",
    "Svalbard and Jan Mayen Islands": "SJ",
    "Wallis and Futuna Islands": "WF",
    "Czechia": "CZ",
    "Lao PDR": "LA",
    "Commonwealth of Australia": "AU",
    "Republic of Georgia": "GE",
    "Cooperative Republic of Guyana": "GY",
    "Co-operative Republic of Guyana": "GY",
    "Republic of Hungary": "HU",
    "Socialist Republic of Vietnam": "VN",
    "Republic of the Union of Myanmar": "MM",
    "Republic of Rwanda": "RW",
    "Oriental Republic of Uruguay": "UY",
    "DR Congo": "CD",
    "DRC": "CD",
    "Democratic Republic of the Congo": "CD",
    "Republic of the Congo": "CG",
}
"""Names that neither CLDR nor ISO 3166 has."""

_IGNORED_WORDS = frozenset(
    {
        *("the", "of", "and", "le", "la", "les", "el", "los", "las", "der", "die", "das"),
        *("sar", "special", "administrative", "region", "mainland", "metropolitan", "province"),
    }
)
_SAME_WORD = {
    "usa": "us",
    "saint": "st",
    "rep": "republic",
    "dem": "democratic",
    "is": "islands",
    "n": "north",
    "s": "south",
}
_TRANSCRIBED = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})
"""German names as systems without umlauts write them."""
_BETWEEN_PARTS = (
    re.compile(r"[()\[\];:/|]| [-\u2013\u2014] "),
    re.compile(r"[()\[\];:/|,\u2013\u2014-]"),
)

_LONGEST = 200
"""Characters. A longer text is not a country."""

_Names = Mapping[str, str]


@lru_cache(maxsize=4096)
def alpha_2(country: str) -> str | None:
    """The code of a country given by name, alpha-2, alpha-3 or number; None when unknown.

    The words of a name may come in any order ("Netherlands, The"). A text may name the country more
    than once ("Korea, Republic of (South Korea)", "DE - Germany"); all names have to mean the same
    country.
    """
    if len(country) > _LONGEST:
        return None
    written = " ".join(country.split())
    code = _of_code(written)
    for names in (_english, _in_all_languages):
        code = code or _named(written, names()) or _in_parts(written, names())
    return code


@lru_cache(maxsize=1)
def _codes() -> _Names:
    codes = {}
    for country in pycountry.countries:
        for code in (country.flag, country.numeric, country.alpha_3, country.alpha_2):
            codes[code.casefold()] = country.alpha_2
    return codes


def _of_code(written: str) -> str | None:
    return _codes().get(written.replace(".", "").casefold())


def _named(written: str, names: _Names) -> str | None:
    return next((names[key] for key in _keys(written) if key in names), None)


def _in_parts(written: str, names: _Names) -> str | None:
    """The country that all parts name; None if a part names another one or none."""
    for between in _BETWEEN_PARTS:
        parts = filter(None, map(str.strip, between.split(written)))
        codes = {_of_code(part) or _named(part, names) for part in parts}
        if len(codes) == 1 and None not in codes:
            return codes.pop()
    return None


def _keys(name: str) -> list[str]:
    """The keys of a name: its letters without spaces, and its words in alphabetical order.

    Both are without case, punctuation and Latin accents; the second is without ignored words.
    """
    spaced = normalize("NFKD", name).casefold().translate(_SPACES)
    words = {_SAME_WORD.get(word, word) for word in spaced.split()} - _IGNORED_WORDS
    return [key for key in (spaced.replace(" ", ""), " ".join(sorted(words))) if key]


class _Spaces(dict[int, str]):
    """For ``str.translate``: punctuation becomes a space; accents, dots and apostrophes go."""

    def __missing__(self, letter: int) -> str:
        character = chr(letter)
        if "\u0300" <= character <= "\u036f" or character in ".'\u2019\u02bc":
            self[letter] = ""
        else:
            self[letter] = " " if category(character)[0] in "PSZ" else character
        return self[letter]


_SPACES = _Spaces()


def _without_conflicts(found: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Codes by key, from names and their codes. A key of several countries is left out."""
    codes: dict[str, set[str]] = {}
    for name, code in set(found):
        for key in _keys(name):
            codes.setdefault(key, set()).add(code)
    return {key: min(of) for key, of in codes.items() if len(of) == 1}


def _of_cldr(languages: Iterable[str]) -> Iterable[tuple[str, str]]:
    codes = {country.alpha_2 for country in pycountry.countries}
    for language in languages:
        for code, name in Locale.parse(language).territories.items():
            if code in codes:
                yield name, code


def _of_pycountry(language: str) -> Iterable[tuple[str, str]]:
    translated = gettext.translation(
        "iso3166-1", pycountry.LOCALES_DIR, [_OF_ISO.get(language, language)], fallback=True
    )
    for country in pycountry.countries:
        for kind in ("name", "official_name", "common_name"):
            name = getattr(country, kind, None)
            if name:
                yield translated.gettext(name), country.alpha_2


@lru_cache(maxsize=1)
def _english() -> _Names:
    return {
        **_without_conflicts(_of_pycountry("en")),
        **_without_conflicts(_of_cldr(["en"])),
        **_without_conflicts(_EVERYDAY.items()),
    }


@lru_cache(maxsize=1)
def _in_all_languages() -> _Names:
    """Built when a name first needs it. An English name wins over the same name elsewhere."""
    translated = chain.from_iterable(map(_of_pycountry, _LOCALES))
    transcribed = ((name.translate(_TRANSCRIBED), code) for name, code in _of_cldr(["de"]))
    codes = _without_conflicts(chain(_of_cldr(_LOCALES), translated, transcribed))
    return {**codes, **_english()}

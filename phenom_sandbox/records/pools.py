"""Words to compose records from: names, places, employers and texts in nine locales, by Faker.

The pools are the same for every tenant (the tenant's seed decides what is picked from them), so a
process pays for them once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from html import escape
from typing import Any

from faker import Faker

NAME_LENGTH = 20  # the Apply API's rule for first, middle and last names, in characters
_PER_POOL = 90

# locale: (countries as tenants spell them, phone code, local part of its phone numbers)
_PLACES: dict[str, tuple[tuple[str, ...], str, tuple[str, ...]]] = {
    "en_US": (
        ("United States", "US", "USA", "United States of America", "us"),
        "1",
        ("(###) 555-####", "###-555-####", "###555####"),
    ),
    "en_GB": (
        ("United Kingdom", "GB", "GBR", "UK", "Great Britain"),
        "44",
        ("0#### ######", "7### ######", "07#########"),
    ),
    "de_DE": (
        ("Germany", "DE", "DEU", "Deutschland", "de"),
        "49",
        ("(0)15# ########", "089 / ######", "17#-#######"),
    ),
    "fr_FR": (
        ("France", "FR", "FRA", "FRANCE"),
        "33",
        ("06 ## ## ## ##", "6.##.##.##.##", "1########"),
    ),
    "ja_JP": (("Japan", "JP", "JPN", "日本"), "81", ("090-####-####", "3-####-####")),
    "pt_BR": (
        ("Brazil", "BR", "BRA", "Brasil"),
        "55",
        ("(11) 9####-####", "21 9########"),
    ),
    "hi_IN": (("India", "IN", "IND", "भारत"), "91", ("9#### #####", "0##-########")),
    "ar_AA": (
        ("United Arab Emirates", "AE", "ARE", "الإمارات العربية المتحدة"),
        "971",
        ("50 ### ####", "4 #######"),
    ),
    "pl_PL": (("Poland", "PL", "POL", "Polska"), "48", ("6## ### ###", "22-#######")),
}
LOCALES = tuple(_PLACES)

# Where Faker falls back to English or Latin text for a locale.
_CITIES = {"ar_AA": ("دبي", "أبوظبي", "الشارقة", "عجمان", "العين", "رأس الخيمة", "الفجيرة")}
_STATES = {"ar_AA": ("دبي", "أبوظبي", "الشارقة", "", "")}
_STREETS = {
    "ar_AA": ("شارع الشيخ زايد", "شارع الخليج", "طريق الوصل", "شارع المطار", "شارع الكورنيش"),
    "ja_JP": ("中央町", "本町", "栄町", "緑ヶ丘", "桜台", "旭町", "大手町"),
}
_SENTENCES = {
    "hi_IN": (
        "आप एक अनुभवी टीम के साथ काम करेंगे।",
        "हम लचीले काम के घंटे और प्रशिक्षण देते हैं।",
        "ग्राहकों के साथ स्पष्ट संवाद आवश्यक है।",
        "परियोजनाओं की योजना और निगरानी आपकी ज़िम्मेदारी होगी।",
        "गुणवत्ता और सुरक्षा हमारे लिए सबसे पहले है।",
        "हर सप्ताह रिपोर्ट तैयार करना और साझा करना।",
    ),
}
_DEGREES = {
    "en_US": ("Bachelor of Science", "Master of Science", "MBA", "Associate Degree", "PhD"),
    "en_GB": ("BSc (Hons)", "MSc", "BA", "MEng", "PhD"),
    "de_DE": ("Diplom-Ingenieur (FH)", "Bachelor of Arts", "Master of Science", "Ausbildung"),
    "fr_FR": ("Licence", "Master", "BTS", "Diplôme d'ingénieur"),
    "ja_JP": ("学士", "修士", "博士"),
    "pt_BR": ("Bacharelado", "Tecnólogo", "Mestrado"),
    "hi_IN": ("B.Tech", "M.Sc", "बी.कॉम", "MBA"),
    "ar_AA": ("بكالوريوس", "ماجستير", "دبلوم"),
    "pl_PL": ("licencjat", "inżynier", "magister"),
}
FIELDS_OF_STUDY = (
    "Computer Science",
    "Mechanical Engineering",
    "Nursing",
    "Business Administration",
    "Économie & Gestion",
    "Elektrotechnik",
    "Logistics",
    "Psychology",
    "経営学",
    "Architecture",
)
CATEGORIES = (
    "Engineering",
    "Sales",
    "Marketing",
    "Human Resources",
    "Finance & Accounting",
    "Customer Service",
    "Supply Chain/Logistics",
    "Healthcare",
    "Information Technology",
    "Legal",
    "Manufacturing",
    "Retail",
)
DEPARTMENTS = (
    "Research & Development",
    "Field Sales",
    "Brand",
    "People Operations",
    "Controlling",
    "Customer Success",
    "Warehouse North",
    "Oncology",
    "Platform",
    "Compliance",
    "Plant 4",
    "Stores",
)
EMPLOYMENT_TYPES = (
    "Full Time",
    "FULL_TIME",
    "full-time",
    "Full-Time",
    "fulltime",
    "Full time",
    "Permanent",
    "Part Time",
    "PART_TIME",
    "part-time",
    "Contract",
    "Contractor",
    "CONTRACT",
    "Temporary",
    "Seasonal",
    "SEASONAL",
    "Internship",
    "Intern",
    "Apprenticeship",
    "Vollzeit",
    "Casual/On-call",
    "",
    None,
)
SOURCES = (
    "Career Site",
    "LinkedIn",
    "Indeed",
    "Employee Referral",
    "Airbyte",
    "Stepstone",
    "Glassdoor",
    "linkedin",
    "Agency: Müller & Söhne",
    "University Fair",
)


@dataclass(frozen=True)
class LocalePool:
    """What one locale has to offer; every sequence is non-empty."""

    locale: str
    first_names: Sequence[str]
    last_names: Sequence[str]
    login_names: Sequence[str]
    streets: Sequence[str]
    cities: Sequence[str]
    states: Sequence[str]
    postcodes: Sequence[str]
    companies: Sequence[str]
    job_titles: Sequence[str]
    sentences: Sequence[str]
    paragraphs: Sequence[str]
    bullet_lists: Sequence[str]
    schools: Sequence[str]
    degrees: Sequence[str]
    countries: Sequence[str]
    phone_code: str
    phone_patterns: Sequence[str]


@lru_cache(maxsize=1)
def pools() -> tuple[LocalePool, ...]:
    """One pool per entry of `LOCALES`, in that order."""
    return tuple(_build(locale, seed) for seed, locale in enumerate(LOCALES, start=1))


def _build(locale: str, seed: int) -> LocalePool:
    fake = Faker(locale)
    fake.seed_instance(seed)
    sentences = _SENTENCES.get(locale) or _collect(lambda: fake.sentence(nb_words=10))
    cities = _CITIES.get(locale) or _collect(_first_method(fake, "city"))
    streets = _STREETS.get(locale) or _collect(_first_method(fake, "street_name"))
    countries, phone_code, patterns = _PLACES[locale]
    return LocalePool(
        locale=locale,
        first_names=_short(_collect(fake.first_name)),
        last_names=_short(_collect(fake.last_name)),
        login_names=_collect(lambda: _login(fake.user_name()), 60),
        streets=streets,
        cities=cities,
        states=_STATES.get(locale)
        or _collect(
            _first_method(fake, "state", "region", "prefecture", "administrative_unit"), 40
        ),
        postcodes=_collect(fake.postcode),
        companies=_collect(fake.company, 60),
        job_titles=_collect(fake.job),
        sentences=sentences,
        paragraphs=_grouped(sentences, 4, "<p>{}</p>"),
        bullet_lists=_bullets(sentences),
        schools=[
            f"{city} University" if locale[:2] == "en" else f"{city}-{locale[:2].upper()} Institute"
            for city in cities[:40]
        ],
        degrees=_DEGREES[locale],
        countries=countries,
        phone_code=phone_code,
        phone_patterns=patterns,
    )


def _collect(draw: Callable[[], Any], size: int = _PER_POOL) -> list[str]:
    return [str(draw()) for _ in range(size)]


def _first_method(fake: Faker, *names: str) -> Callable[[], Any]:
    for name in names:
        try:
            method: Callable[[], Any] = getattr(fake, name)
            method()
        except AttributeError:
            continue
        return method
    raise LookupError(f"Faker offers none of {', '.join(names)}")


def _short(names: list[str]) -> list[str]:
    return [name for name in names if 0 < len(name) <= NAME_LENGTH]


def _login(name: str) -> str:
    kept = "".join(character for character in name if character.isascii() and character.isalpha())
    return kept[:12] or "applicant"


def _grouped(sentences: Sequence[str], size: int, form: str) -> list[str]:
    return [
        form.format(escape(" ".join(sentences[(start + k) % len(sentences)] for k in range(size))))
        for start in range(0, len(sentences), 2)
    ]


def _bullets(sentences: Sequence[str]) -> list[str]:
    return [
        "<ul>"
        + "".join(
            f"<li>{escape(sentences[(start + 3 * k) % len(sentences)])}</li>" for k in range(5)
        )
        + "</ul>"
        for start in range(0, len(sentences), 3)
    ]

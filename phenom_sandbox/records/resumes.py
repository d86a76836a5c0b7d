"""Work histories, education and addresses, generated once and shared between records.

A third of an application's bytes is the work history. Generating one for every record would take
longer than the rest of the record.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from phenom_sandbox.records.draw import Draw
from phenom_sandbox.records.pools import FIELDS_OF_STUDY, LocalePool, pools


@dataclass(frozen=True)
class Resumes:
    """Parts of `candidateData`. Records share them, so they must not be changed."""

    experience: Sequence[list[dict[str, Any]] | None]
    education: Sequence[list[dict[str, Any]]]
    addresses: Sequence[dict[str, Any] | None]


@cache
def resumes(locale: str) -> Resumes:
    pool = next(pool for pool in pools() if pool.locale == locale)
    draw = Draw(f"resumes/{locale}".encode())
    return Resumes(
        experience=[_experience(pool, draw) for _ in range(240)],
        education=[[_education(pool, draw) for _ in range(1 + draw.below(2))] for _ in range(120)],
        addresses=[_address(pool, draw) for _ in range(240)],
    )


def _address(pool: LocalePool, draw: Draw) -> dict[str, Any] | None:
    style = draw.below(50)
    if style == 0:
        return None
    if style == 1:
        return {"addressLine1": "", "city": None, "region": "", "country": ""}
    return {
        "addressLine1": f"{draw.pick(pool.streets)} {draw.below(180) + 1}",
        "addressLine2": draw.pick(("2. OG", "Apt 7", "c/o Novák", "")) if style < 12 else None,
        "city": draw.pick(pool.cities),
        "region": draw.pick(pool.states),
        "country": draw.pick(pool.countries) if style < 48 else "Ruritania",
    }


def _experience(pool: LocalePool, draw: Draw) -> list[dict[str, Any]] | None:
    jobs = draw.pick((0, 1, 2, 3, 3, 3, 4))
    if not jobs:
        return draw.pick(([], None))
    year = 2025 - draw.below(4)
    experience = []
    for place in range(jobs):
        start = year - 1 - draw.below(4)
        current = place == 0 and draw.chance(70)
        sentences = [draw.pick(pool.sentences) for _ in range(3)]
        experience.append(
            {
                "companyName": draw.pick(pool.companies),
                "title": draw.pick(pool.job_titles),
                "location": f"{draw.pick(pool.cities)}, {pool.countries[0]}",
                "description": " ".join(sentences),
                "fromTo": _from_to(start, year, current, draw),
            }
        )
        year = start
    return experience


def _education(pool: LocalePool, draw: Draw) -> dict[str, Any]:
    start = 1990 + draw.below(30)
    return {
        "schoolName": draw.pick(pool.schools),
        "degree": draw.pick(pool.degrees),
        "fieldOfStudy": draw.pick(FIELDS_OF_STUDY),
        "gradeAverage": f"{1 + draw.below(30) / 10:.1f}" if draw.chance(40) else None,
        "fromTo": _from_to(start, start + 4, False, draw),
    }


def _from_to(start: int, end: int, current: bool, draw: Draw) -> dict[str, Any]:
    if draw.chance(70):
        month_a, month_b = draw.below(12) + 1, draw.below(12) + 1
        dates, first, last = "MM-yyyy", f"{month_a:02d}-{start}", f"{month_b:02d}-{end}"
    else:
        dates, first, last = "yyyy", str(start), str(end)
    return {
        "format": dates,
        "startDate": first,
        "endDate": draw.pick(("", None)) if current else last,
        "currentlyWorkHere": draw.pick(("true", "Yes", "")) if current else "false",
    }


@cache
def custom_fields() -> Sequence[dict[str, Any] | None]:
    """Answers to the tenant's custom questions (`customFieldData`)."""
    draw = Draw(b"custom fields")
    return [_custom_fields(draw) for _ in range(500)]


def _custom_fields(draw: Draw) -> dict[str, Any] | None:
    style = draw.below(25)
    if style < 2:
        return None if style else {}
    return {
        "noticePeriod": draw.pick(("immediately", "1 month", "3 months", "6 weeks to quarter end")),
        "salaryExpectation": {"amount": 30_000 + 500 * draw.below(120), "currency": "EUR"},
        "willingToRelocate": draw.pick((True, False)),
        "workPermit": draw.pick(("EU", "none", "applied for", None)),
        "languages": [draw.pick(("en", "de", "fr", "ja", "pt")) for _ in range(1 + draw.below(3))],
        "screening": {
            "question_1": draw.pick(("yes", "no")),
            "score": draw.below(101),
            "reviewed_by": draw.pick(("auto", "panel")),
        },
    }

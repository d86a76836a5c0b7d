"""Applications as the Apply API lists them (ApplicationWithId)."""

from __future__ import annotations

import base64
from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime, timezone
from functools import cache
from itertools import accumulate
from typing import Any

from phenom_sandbox.records.candidates import GeneratedCandidates, Profile, phone_number
from phenom_sandbox.records.draw import FIRST_SECOND, LAST_SECOND, Draw, ObjectIds
from phenom_sandbox.records.jobs import GeneratedJobs
from phenom_sandbox.records.journeys import Journey, is_hire, is_interviewed, journey
from phenom_sandbox.records.pools import SOURCES_OF_ALL, SOURCES_OF_HIRED, SOURCES_OF_INTERVIEWED
from phenom_sandbox.records.resumes import custom_fields, resumes

_DAY = 86_400  # seconds
_SEASONS = (1.4, 1.2, 1.1, 1.0, 1.0, 0.9, 0.7, 0.7, 1.3, 1.2, 1.0, 0.5)
"""Applications in each month of a year, compared with an average one."""
_NO_JOB = {0: "JOBID", 1: "JOBID", 2: "", 3: None}


class GeneratedApplications:
    """The generated applications of a tenant, by number, oldest first."""

    def __init__(
        self, seed: int, size: int, jobs: GeneratedJobs, candidates: GeneratedCandidates
    ) -> None:
        self._seed = seed
        self.size = size
        self._jobs = jobs
        self.candidates = candidates
        self._ids = ObjectIds(Draw(f"{seed}/application ids".encode()))

    def _draw(self, number: int) -> Draw:
        return Draw(f"{self._seed}/application/{number}".encode())

    def second(self, number: int) -> int:
        """The creation time of the application, in epoch seconds. Never before an earlier one's."""
        weights = _weights_until_each_day()
        place = (number + number * 0x9E3779B1 % 97 / 97) * weights[-1] / max(1, self.size)
        day = bisect_right(weights, place) - 1
        within = (place - weights[day]) / (weights[day + 1] - weights[day])
        return FIRST_SECOND + int((day + within) * _DAY)

    def id(self, number: int) -> str:
        return self._ids.of(number, self.second(number))

    def job_number(self, application: int) -> int:
        """The job of the application, unless it is one of the few in `_NO_JOB`."""
        draw = Draw(f"{self._seed}/job of/{application}".encode())
        return draw.pick(self._jobs.open_at(self.second(application)))

    def _job_id(self, draw: Draw, application: int) -> str | None:
        style = draw.below(120)
        if style in _NO_JOB:
            return _NO_JOB[style]
        job = self.job_number(application)
        if any(self.job_number(earlier) == job for earlier in self._earlier(application)):
            return "JOBID"  # nobody applies for a job twice
        return self._jobs.ids[job]

    def _earlier(self, application: int) -> list[int]:
        """The candidate's earlier applications."""
        candidate = self.candidates.number_of(application)
        return [each for each in self.candidates.applications(candidate) if each < application]

    def compose(self, number: int) -> dict[str, Any]:
        draw = self._draw(number)
        job_id = self._job_id(draw, number)
        profile = self.candidates.profile(self.candidates.number_of(number))
        return {
            "id": self.id(number),
            "candidateData": _candidate_data(profile, draw),
            "jobApplicationData": {
                "jobId": job_id,
                "applicantSource": draw.pick(_sources(journey(self._seed, self.id(number)))),
            },
            "customFieldData": _custom_fields(draw),
        }


def _sources(statuses: Journey) -> Sequence[str]:
    if is_hire(statuses):
        return SOURCES_OF_HIRED
    return SOURCES_OF_INTERVIEWED if is_interviewed(statuses) else SOURCES_OF_ALL


@cache
def _weights_until_each_day() -> Sequence[float]:
    """How many applications come before each day, in the unit of an average day."""
    days = (LAST_SECOND - FIRST_SECOND) // _DAY
    months = (
        datetime.fromtimestamp(FIRST_SECOND + day * _DAY, tz=timezone.utc).month
        for day in range(days)
    )
    return list(accumulate((_SEASONS[month - 1] for month in months), initial=0.0))


def _candidate_data(profile: Profile, draw: Draw) -> dict[str, Any]:
    pool = profile.pool
    data: dict[str, Any] = {"id": profile.candidate_id} if profile.has_id else {}
    last_name = profile.last_name
    if draw.chance(4):
        last_name = draw.pick(pool.last_names)
    data["firstName"] = profile.first_name
    data["middleName"] = draw.pick(pool.first_names) if draw.chance(15) else None
    data["lastName"] = last_name
    email = profile.email
    if email is not None and draw.chance(12):
        email = email.upper() if draw.chance(30) else email.title()
    phone = phone_number(pool, draw) if draw.chance(10) else profile.phone
    contact: dict[str, Any] = {
        "email": email,
        "countryPhoneCode": draw.pick((f"+{pool.phone_code}", pool.phone_code, None)),
        "phoneNumber": phone,
        "deviceType": draw.pick(("Mobile", "Home", "Landline", None)),
        "phoneExtension": str(draw.below(900) + 10) if draw.chance(5) else None,
    }
    if draw.chance(4):
        contact["phoneNumber"] = f"+{pool.phone_code} {phone.lstrip('0')}"
    data["contactData"] = contact
    parts = resumes(pool.locale)
    data["addressData"] = draw.pick(parts.addresses)
    data["smsOptIn"] = draw.pick((True, False, None))
    data["experienceData"] = draw.pick(parts.experience)
    data["educationData"] = draw.pick(parts.education)
    if draw.chance(3):
        data["preferredLanguage"] = pool.locale
    return data


def _custom_fields(draw: Draw) -> dict[str, Any] | None:
    answers = draw.pick(custom_fields())
    return {**answers, "campaign": f"FY{24 + draw.below(3)}-{draw.hex(6)}"} if answers else answers


def attachments(application_id: str, seed: int) -> list[dict[str, str]]:
    """The résumé of a generated application, and sometimes a cover letter (Resume)."""
    draw = Draw(f"{seed}/attachments/{application_id}".encode())
    files = [_file("resume.pdf", "RESUME", draw)]
    if draw.chance(25):
        files.append(_file("letter.pdf", "COVER_LETTER", draw))
    return files


def _file(name: str, content_type: str, draw: Draw) -> dict[str, str]:
    content = b"%PDF-1.4\n% " + draw.hex(16).encode() + b"\n%%EOF\n"
    return {
        "fileContent": base64.b64encode(content).decode(),
        "fileName": name,
        "contentTypeId": content_type,
    }

"""Applications as the Apply API lists them (ApplicationWithId)."""

from __future__ import annotations

import base64
from typing import Any

from phenom_sandbox.records.candidates import GeneratedCandidates, Profile, phone_number
from phenom_sandbox.records.draw import FIRST_SECOND, LAST_SECOND, Draw, ObjectIds, Scatter
from phenom_sandbox.records.jobs import GeneratedJobs
from phenom_sandbox.records.pools import SOURCES
from phenom_sandbox.records.resumes import custom_fields, resumes

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
        self._step = max(1, (LAST_SECOND - FIRST_SECOND) // max(1, size))
        self._ids = ObjectIds(Draw(f"{seed}/application ids".encode()))
        self._by_job = Scatter(size, Draw(f"{seed}/jobs".encode()), ratio=0.414)

    def _draw(self, number: int) -> Draw:
        return Draw(f"{self._seed}/application/{number}".encode())

    def second(self, number: int) -> int:
        """The creation time of the application, in epoch seconds."""
        return FIRST_SECOND + number * self._step + number * 0x9E3779B1 % self._step

    def id(self, number: int) -> str:
        return self._ids.of(number, self.second(number))

    def job_number(self, application: int) -> int:
        """The job of the application, unless it is one of the few in `_NO_JOB`."""
        place = self._by_job.place(application)
        # Squared, so that some jobs get many more applications than others.
        return self._jobs.size * place * place // (self.size * self.size)

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
            "jobApplicationData": {"jobId": job_id, "applicantSource": draw.pick(SOURCES)},
            "customFieldData": _custom_fields(draw),
        }


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

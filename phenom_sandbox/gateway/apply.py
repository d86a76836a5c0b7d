"""Apply API: `/apply`."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Any

from phenom_sandbox.gateway.answers import (
    Call,
    Refusal,
    SandboxAnswer,
    json_answer,
    optional_text_problems,
    text_problems,
)
from phenom_sandbox.gateway.paging import churn, fragment, listing_page
from phenom_sandbox.listing import Payload
from phenom_sandbox.records.pools import NAME_LENGTH
from phenom_sandbox.tenant import Tenant

_PHONE = re.compile(r"\+?\d{5,15}", re.ASCII)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def _success(data: Any, message: str, **more: Any) -> SandboxAnswer:
    return json_answer(
        {
            "status": "success",
            "statusCode": "200",
            "statusMessage": message,
            "data": data,
            **more,
        }
    )


def get_applications(call: Call) -> SandboxAnswer:
    with call.tenant.lock:
        churn(call, call.tenant.applied)
        page = listing_page(call, call.tenant.applied)
    pagination = page.members(call, "total")
    following = page.offset + page.limit
    before = max(0, page.offset - page.limit)
    links = {
        "self": _link(page.offset, page.limit),
        "prev": _link(before, page.limit) if page.offset else None,
        "next": _link(following, page.limit) if following < page.total else None,
    }
    data = fragment(page.data)
    return _success(data, "Applications fetched", pagination=pagination, links=links)


def _link(offset: int, limit: int) -> str:
    return f"/apply/v2/applications?offset={offset}&limit={limit}"


def get_application(call: Call) -> SandboxAnswer:
    tenant, application_id = call.tenant, call.parameters["id"]
    with tenant.lock:
        application = _existing(tenant, application_id)
        files = tenant.attachments(application_id)
    if files:
        application["resumeData"] = files[0]
    return _success(application, "Application fetched")


def _existing(tenant: Tenant, application_id: str) -> Payload:
    try:
        return tenant.application(application_id)
    except KeyError:
        raise Refusal(404, "Application not found", [f"id: {application_id}"]) from None


def check_if_already_applied(call: Call) -> SandboxAnswer:
    """`email`, `jobId`, `locale` and `siteType` are headers here."""
    missing = [name for name in ("email", "jobId", "locale") if not call.headers.get(name.lower())]
    if missing:
        raise Refusal(400, "Missing request header", [f"{name} is required" for name in missing])
    earlier = _earlier(call.tenant, call.headers["email"], call.headers["jobid"])
    return _success(_status_members(call.tenant, earlier), "Status fetched")


def _earlier(tenant: Tenant, email: str, job_id: str) -> Payload | None:
    for application in tenant.applications_by_email(email):
        job = application.get("jobApplicationData")
        if isinstance(job, dict) and job.get("jobId") == job_id:
            return application
    return None


def _status_members(tenant: Tenant, application: Payload | None) -> dict[str, Any]:
    if application is None:
        return {"alreadyApplied": False, "candidateId": None, "applicationId": None}
    return {
        "alreadyApplied": True,
        "candidateId": tenant.candidate_id_of(application),
        "applicationId": application["id"],
    }


def submit_application(call: Call) -> SandboxAnswer:
    if not call.headers.get("locale"):
        raise Refusal(400, "Missing request header", ["locale is required"])
    body = call.json_object()
    problems = _application_problems(body)
    if problems:
        raise Refusal(400, "Validation failed", problems)
    tenant = call.tenant
    candidate, job = body["candidateData"], body["jobApplicationData"]
    email, job_id = candidate["contactData"]["email"], job["jobId"]
    with tenant.lock:
        earlier = _earlier(tenant, email, job_id)
        if earlier is not None and not tenant.accepts_duplicates:
            return _success(_status_members(tenant, earlier), "Already applied")
        if not tenant.accepts_unknown_jobs and not tenant.open.matching({"jobId": job_id}):
            raise Refusal(404, "Job not found", [f"jobApplicationData.jobId: {job_id}"])
        known = tenant.people.find_by_email(email)
        candidate_id = known["candidateId"] if known else tenant.new_id()
        application = tenant.add_application(
            {
                "candidateData": {**candidate, "id": candidate_id},
                "jobApplicationData": job,
                "customFieldData": body.get("customFieldData"),
            }
        )
        if body.get("resumeData") is not None:
            tenant.files.attach(application["id"], [_kept_file(body["resumeData"])], resume=True)
    answer = {
        "alreadyApplied": False,
        "candidateId": candidate_id,
        "applicationId": application["id"],
    }
    return _success(answer, "Application submitted")


def download_attachments(call: Call) -> SandboxAnswer:
    tenant, application_id = call.tenant, call.parameters["id"]
    with tenant.lock:
        _existing(tenant, application_id)
        return _success(tenant.attachments(application_id), "Attachments fetched")


def upload_attachments(call: Call) -> SandboxAnswer:
    tenant, application_id = call.tenant, call.parameters["id"]
    files = call.json()
    if not isinstance(files, list) or not files:
        raise Refusal(400, "Validation failed", ["body must be a list of attachments"])
    problems = [
        problem
        for place, file in enumerate(files)
        for problem in _file_problems(file, f"[{place}]")
    ]
    if problems:
        raise Refusal(400, "Validation failed", problems)
    kept = [_kept_file(file) for file in files]
    with tenant.lock:
        _existing(tenant, application_id)
        tenant.files.attach(application_id, kept)
    uploaded = [{"fileName": file["fileName"], "uploaded": True} for file in kept]
    return _success(uploaded, "Attachments uploaded")


def _kept_file(file: dict[str, Any]) -> dict[str, str]:
    names = ("fileContent", "fileName", "contentTypeId")
    return {name: file[name] for name in names if file.get(name) is not None}


def _application_problems(body: dict[str, Any]) -> list[str]:
    """The Apply API's rules that the application breaks; texts without its values."""
    candidate, job = body.get("candidateData"), body.get("jobApplicationData")
    problems = []
    if isinstance(candidate, dict):
        problems += _candidate_problems(candidate)
    else:
        problems.append("candidateData is required")
    if isinstance(job, dict):
        problems += text_problems(job, "jobApplicationData.", "jobId", "applicantSource")
    else:
        problems.append("jobApplicationData is required")
    if body.get("resumeData") is not None:
        problems += _file_problems(body["resumeData"], "resumeData")
    if not isinstance(body.get("customFieldData"), (dict, type(None))):
        problems.append("customFieldData must be an object")
    return problems


def _candidate_problems(candidate: dict[str, Any]) -> list[str]:
    problems = text_problems(candidate, "candidateData.", "firstName", "lastName")
    for name in ("firstName", "middleName", "lastName"):
        value = candidate.get(name)
        if isinstance(value, str) and len(value) > NAME_LENGTH:
            problems.append(f"candidateData.{name} must have at most {NAME_LENGTH} characters")
    problems += optional_text_problems(candidate, "candidateData.", "middleName")
    if not isinstance(candidate.get("smsOptIn"), (bool, type(None))):
        problems.append("candidateData.smsOptIn must be true or false")
    problems += _contact_problems(candidate.get("contactData"))
    address = candidate.get("addressData")
    if isinstance(address, dict):
        problems += text_problems(address, "candidateData.addressData.", "addressLine1")
        problems += optional_text_problems(
            address, "candidateData.addressData.", "addressLine2", "region", "city", "country"
        )
    elif address is not None:
        problems.append("candidateData.addressData must be an object")
    problems += _history_problems(candidate, "experienceData", "companyName", "title")
    problems += _history_problems(candidate, "educationData", "schoolName", "degree")
    return problems


def _contact_problems(contact: Any) -> list[str]:
    where = "candidateData.contactData"
    if not isinstance(contact, dict):
        return [f"{where}.email is required"]
    problems = text_problems(contact, f"{where}.", "email")
    if not problems and not _EMAIL.fullmatch(contact["email"]):
        problems.append(f"{where}.email is not an e-mail address")
    phone = contact.get("phoneNumber")
    if phone is not None and not (isinstance(phone, str) and _PHONE.fullmatch(phone)):
        problems.append(f"{where}.phoneNumber must match ^\\+?\\d{{5,15}}$")
    return problems + optional_text_problems(
        contact, f"{where}.", "countryPhoneCode", "deviceType", "phoneExtension"
    )


def _history_problems(candidate: dict[str, Any], name: str, *required: str) -> list[str]:
    entries = candidate.get(name)
    if entries is None:
        return []
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        return [f"candidateData.{name} must be a list of objects"]
    problems = []
    for place, entry in enumerate(entries):
        where = f"candidateData.{name}[{place}]."
        problems += text_problems(entry, where, *required)
        period = entry.get("fromTo")
        if isinstance(period, dict):
            problems += text_problems(period, f"{where}fromTo.", "format", "startDate")
        elif period is not None:
            problems.append(f"{where}fromTo must be an object")
    return problems


def _file_problems(file: Any, where: str) -> list[str]:
    if not isinstance(file, dict):
        return [f"{where} must be an object"]
    problems = text_problems(file, f"{where}.", "fileContent", "fileName")
    problems += optional_text_problems(file, f"{where}.", "contentTypeId")
    if not problems:
        try:
            base64.b64decode(file["fileContent"], validate=True)
        except (binascii.Error, ValueError):
            problems.append(f"{where}.fileContent is not base64")
    return problems

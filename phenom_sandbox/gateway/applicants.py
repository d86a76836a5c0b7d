"""Applicants: `/candidates-api/applications/v1`, the Candidates API's view of applications."""

from __future__ import annotations

import re
from typing import Any

from phenom_sandbox.gateway.answers import (
    Call,
    Refusal,
    SandboxAnswer,
    from_and_size,
    json_answer,
    optional_text_problems,
    text_problems,
)
from phenom_sandbox.gateway.paging import churn, cut
from phenom_sandbox.hiring import STEPS, HiringStatus, History, takes_part
from phenom_sandbox.listing import Payload
from phenom_sandbox.records.draw import instant
from phenom_sandbox.tenant import Tenant

_NO_STATUS = HiringStatus("")
_STEP_ORDER = tuple(dict.fromkeys(STEPS.values()))


def get_applicants_for_job(call: Call) -> SandboxAnswer:
    """Dates are text in this operation, and belong to the candidate, not to the application."""
    missing = [name for name in ("from", "size") if name not in call.query]
    if missing:
        raise Refusal(400, f"Missing query parameter: {', '.join(missing)}")
    start, size = from_and_size(call)
    tenant, job_id = call.tenant, call.parameters["jobId"]
    with tenant.lock:
        churn(call, tenant.applied)
        applications = tenant.applied.by_job(job_id)
        if not takes_part(job_id) or not (applications or tenant.has_job(job_id)):
            raise Refusal(404, "Job not found")
        gone = tenant.people.gone
        if gone:
            applications = [
                each for each in applications if tenant.applied.candidate_of(each) not in gone
            ]
        page, pagination = cut(call, applications, start, size, "total")
        applicants = [_applicant(tenant, application_id) for application_id in page]
    return json_answer(
        {
            "status": "success",
            "message": "Applicants fetched",
            "pagination": pagination,
            "data": None if call.hit("data_null") else {"candidates": applicants},
        }
    )


def _applicant(tenant: Tenant, application_id: str) -> Payload:
    candidate_id = tenant.applied.candidate_of(application_id)
    candidate = tenant.people.find(candidate_id) or {}
    status = tenant.hiring.status(application_id)
    phone, code = candidate.get("phone"), candidate.get("countryCode")
    contact = {
        "originalNumber": phone,
        "phoneNumber": f"{code or ''}{phone}",
        "phoneNumberWithoutCountryCode": phone,
        "countryCode": code,
    }
    return {
        "userId": candidate_id,
        "firstName": candidate.get("firstName"),
        "lastName": candidate.get("lastName"),
        "emails": candidate.get("emails"),
        "hiringStatus": status.value if status else None,
        "dateCreated": instant(candidate["created"] // 1000),
        "updatedDate": instant(candidate["updated"] // 1000),
        "contacts": [contact] if phone else [],
    }


def get_candidate_applications(call: Call) -> SandboxAnswer:
    """Dates are epoch milliseconds in this operation."""
    tenant, candidate_id = call.tenant, _candidate(call)
    with tenant.lock:
        applications = [
            _application(tenant, application_id, candidate_id)
            for application_id in tenant.application_ids_of(candidate_id)
        ]
    data = None if call.hit("data_null") else {"applications": applications}
    return json_answer({"status": 200, "message": "success", "data": data})


def _application(tenant: Tenant, application_id: str, candidate_id: str) -> Payload:
    application = tenant.applied.payload(application_id)
    job = application.get("jobApplicationData") or {}
    contact = (application.get("candidateData") or {}).get("contactData") or {}
    created, source = tenant.created(application_id), job.get("applicantSource")
    sources = [{"sourceShortName": source, "createdDate": created}] if source else []
    return {
        "applicationId": application_id,
        "phApplicationId": application_id,
        "candidateId": candidate_id,
        "crmJobSeekerId": candidate_id,
        "atsId": None,
        "jobId": job.get("jobId"),
        **_job_names(tenant, job.get("jobId")),
        "jobAssociationType": "applied",
        "isConfidential": False,
        "appliedEmail": contact.get("email"),
        "createdDate": created,
        "updatedDate": tenant.updated(application_id),
        "hiringStatus": _hiring_status(tenant.hiring.history(application_id)),
        "trafficSourceList": sources,
    }


def _job_names(tenant: Tenant, job_id: Any) -> Payload:
    number = tenant.generated_jobs.numbers.get(str(job_id))
    if number is None:
        return {"jobTitle": None, "jobCategory": None}
    jobs = tenant.generated_jobs
    return {"jobTitle": jobs.title(number), "jobCategory": jobs.category(number)}


def _hiring_status(history: History) -> Payload | None:
    """The whole status object; None for an application without a status."""
    if not history:
        return None
    status = history[-1].status
    before = history[-2].status if len(history) > 1 else _NO_STATUS
    return {
        "value": status.value,
        "step": status.step,
        "hiringStatusCode": _code(status.value),
        "hiringStepCode": _code(status.step),
        "workFlowStepId": _step_id(status),
        "disposition": status.disposition,
        "isRejected": status.rejected,
        "rejectionReason": status.rejection_reason,
        "rejectionReasonId": _code(status.rejection_reason),
        "hsPriority": len(history),
        "updatedDate": status.updated,
        "previousValue": before.value or None,
        "previousStep": before.step or None,
        "previousHiringStatusCode": _code(before.value),
        "previousHiringStepCode": _code(before.step),
        "previousWorkFlowStepId": _step_id(before),
        "previousRejectionReason": before.rejection_reason,
        "previousRejectionReasonId": _code(before.rejection_reason),
    }


def _code(text: str | None) -> str | None:
    return re.sub(r"\W+", "_", text).strip("_").upper() if text else None


def _step_id(status: HiringStatus) -> str | None:
    return f"step-{_STEP_ORDER.index(status.step) + 1}" if status.step in _STEP_ORDER else None


def get_hiring_status(call: Call) -> SandboxAnswer:
    """The statuses are under `open` or `close`, depending on the job."""
    tenant, job_id = call.tenant, call.parameters["jobId"]
    with tenant.lock:
        candidate_id = _candidate(call)
        statuses = [
            {
                "hiringStatus": _hiring_status(tenant.hiring.history(application_id)),
                "jobId": job_id,
                **_job_names(tenant, job_id),
                "userId": candidate_id,
            }
            for application_id in _applications_for(call)
        ]
        is_open = bool(tenant.open.matching({"jobId": job_id}))
    applications = {"open": statuses if is_open else [], "close": [] if is_open else statuses}
    return json_answer(
        {"status": "success", "message": "success", "data": {"applications": applications}}
    )


def update_hiring_status(call: Call) -> SandboxAnswer:
    """Any text is a status, because every tenant has its own workflow.

    `previous` members of the body are not compared.
    """
    body = call.json_object()
    problems = text_problems(body, "", "hiringStatus")
    texts = ("hiringStep", "rejectionReason", "recruiterName", "recruiterUserId")
    problems += optional_text_problems(body, "", *texts)
    if not isinstance(body.get("isRejected"), (bool, type(None))):
        problems.append("isRejected must be true or false")
    if problems:
        raise Refusal(400, "; ".join(problems))
    tenant = call.tenant
    with tenant.lock:
        _candidate(call)
        for application_id in _applications_for(call):
            status = HiringStatus(
                value=body["hiringStatus"],
                step=body.get("hiringStep") or "",
                rejected=bool(body.get("isRejected")),
                rejection_reason=body.get("rejectionReason"),
            )
            tenant.hiring.move(
                application_id,
                status,
                recruiter_id=body.get("recruiterUserId") or call.headers["x-ph-userid"],
                recruiter_name=body.get("recruiterName"),
                source="API",
            )
    return json_answer({"status": "success", "message": "Hiring status updated", "data": {}})


def get_hiring_status_activities(call: Call) -> SandboxAnswer:
    """The activities of all the candidate's applications, oldest first."""
    tenant, (start, size) = call.tenant, from_and_size(call)
    anonymous = call.hit("nameless_activities") is not None
    with tenant.lock:
        candidate_id = _candidate(call)
        activities = [
            activity
            for application_id in tenant.application_ids_of(candidate_id)
            for activity in _activities(tenant, application_id, candidate_id, anonymous)
        ]
    activities.sort(key=lambda activity: int(activity["createdDate"]))
    page, pagination = cut(call, activities, start, size, "totalCount")
    return _activities_answer(call, page, pagination)


def _activities(
    tenant: Tenant, application_id: str, candidate_id: str, anonymous: bool
) -> list[Payload]:
    """`anonymous` activities do not name their job."""
    job_id = tenant.job_id_of(application_id)
    title = _job_names(tenant, job_id)["jobTitle"]
    history = tenant.hiring.history(application_id)
    before = [None, *(transition.status.value for transition in history)]
    return [
        {
            "candidateId": candidate_id,
            "recruitersUserId": transition.recruiter_id,
            "recruiterName": transition.recruiter_name,
            "actionType": "HIRING_STATUS_UPDATED",
            "actionValue": None if anonymous else job_id,
            "subject": None if anonymous else title,
            "content": transition.status.rejection_reason,
            "additionalFieldName": "hiringStatus",
            "previousValue": previous,
            "updatedValue": transition.status.value,
            "addedNewValue": None,
            "requestSource": transition.source,
            "createdDate": transition.status.updated,
        }
        for previous, transition in zip(before, history, strict=False)
    ]


def get_job_activities(call: Call) -> SandboxAnswer:
    """One per application; dates are text in this operation."""
    tenant, (start, size) = call.tenant, from_and_size(call)
    with tenant.lock:
        candidate_id = _candidate(call)
        applications = tenant.application_ids_of(candidate_id)
        page, pagination = cut(call, applications, start, size, "totalCount")
        activities = [_job_activity(tenant, application_id) for application_id in page]
    return _activities_answer(call, activities, pagination)


def _activities_answer(call: Call, page: list[Payload], pagination: Payload) -> SandboxAnswer:
    return json_answer(
        {
            "status": "success",
            "message": "success",
            "timestamp": instant(call.tenant.second),
            "pagination": pagination,
            "data": None if call.hit("data_null") else page,
        }
    )


def _job_activity(tenant: Tenant, application_id: str) -> Payload:
    job = tenant.applied.payload(application_id).get("jobApplicationData") or {}
    created = instant(tenant.created(application_id) // 1000)
    source = job.get("applicantSource")
    sources = [{"sourceShortName": source, "createdDate": created}] if source else []
    return {
        "jobId": job.get("jobId"),
        **_job_names(tenant, job.get("jobId")),
        "jobLocation": None,
        "siteType": "external",
        "locale": None,
        "actionType": "APPLIED",
        "fieldID": f"app_{application_id[8:]}",
        "isConfidential": "false",
        "createdDate": created,
        "updatedDate": instant(tenant.updated(application_id) // 1000),
        "trafficSourceList": sources,
        "trafficSources": sources,
    }


def get_candidate_job_id_specific_attachments(call: Call) -> SandboxAnswer:
    tenant, wanted = call.tenant, call.query.get("applicationId")
    with tenant.lock:
        _candidate(call)
        files = [
            file
            for application_id in _applications_for(call)
            if wanted in (None, "", application_id)
            for file in tenant.files.of_application(application_id)
        ]
    shown = [
        {
            "attachmentId": file.attachment_id,
            "attachmentName": file.name,
            "attachmentType": file.attachment_type,
        }
        for file in files
    ]
    return json_answer({"status": "success", "message": "success", "data": {"attachments": shown}})


def _candidate(call: Call) -> str:
    """The candidate of the path; raises `Refusal` 404."""
    if call.parameters["candidateId"] not in call.tenant.people:
        raise Refusal(404, "Candidate not found")
    return call.parameters["candidateId"]


def _applications_for(call: Call) -> list[str]:
    """The candidate's applications to the job of the path; raises `Refusal` 404 without any."""
    tenant, wanted = call.tenant, call.parameters["jobId"]
    ids = tenant.application_ids_of(call.parameters["candidateId"])
    found = [application_id for application_id in ids if tenant.job_id_of(application_id) == wanted]
    if not found:
        raise Refusal(404, "The candidate did not apply for this job")
    return found

"""Tests whether the two actions are permitted, without creating anything.

Each action takes two requests. The first is the look-up that comes before every write, for a person
who does not exist. The second is the write itself, without a body and without its required headers.
If the gateway answers that this write is invalid (400, 422) and not forbidden (403), writing is
permitted. (A gateway that checks the body before the permission answers the same. Then the first
real write reports what is denied.)
"""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from typing import Any

from destination_phenom.apply_api import STATUS, SUBMIT
from destination_phenom.candidates_api import CREATE
from destination_phenom.write_requests import refusal
from phenom_api.candidates import CANDIDATE
from phenom_api.connection import Connection
from phenom_api.errors import (
    PermissionDenied,
    PhenomError,
    RequestRefused,
    Unavailable,
    Unreachable,
)
from phenom_api.gateway import Answer, Gateway, Operation
from phenom_api.listings import applications_page
from phenom_api.probes import Probe, ProbeResult

SUBMITTING, CREATING = ("create_application",), ("create_candidate",)
"""The actions of a probe; only candidates without a job need the second one."""
_NOBODY = "connection.check@example.com"
_NO_JOB = "JOBID"
"""Phenom's placeholder for an application without a job."""
_INVALID = frozenset({400, 422})


class PermissionUnknown(PhenomError):
    """The gateway's answer says neither that a write is permitted nor that it is denied."""


def action_probes(connection: Connection, locale: str, site_type: str) -> list[Probe]:
    """Two probes for each action that this configuration can use.

    :param locale, site_type: headers for the Apply API.
    """
    applicant = {"email": _NOBODY, "jobId": _NO_JOB, "locale": locale, "siteType": site_type}
    probes = [
        _look_up_probe("application of an e-mail address", STATUS, SUBMITTING, headers=applicant),
        _write_probe("submitting an application", SUBMIT, SUBMITTING),
    ]
    if connection.ph_user_id is not None:
        probes += [
            _look_up_probe(
                "candidate of an e-mail address", CANDIDATE, CREATING, params={"email": _NOBODY}
            ),
            _write_probe("creating a candidate", CREATE, CREATING),
        ]
    return probes


def _look_up_probe(name: str, operation: Operation, serves: tuple[str, ...], **parts: Any) -> Probe:
    return Probe(name, operation, serves, partial(_look_up_nobody, operation, **parts))


def _write_probe(name: str, operation: Operation, serves: tuple[str, ...]) -> Probe:
    return Probe(name, operation, serves, partial(_write_without_body, operation))


def _look_up_nobody(operation: Operation, gateway: Gateway, **parts: Any) -> ProbeResult:
    """The look-up is permitted if the answer is 200, 400, 404 or 422."""
    try:
        gateway.fetch(operation, lambda _: None, **parts)
    except RequestRefused as error:
        if error.status == 404:
            # If gateway_url is wrong, then the listings are not found either, and this raises.
            with suppress(PermissionDenied):
                applications_page(gateway, 0, 1)
        elif error.status not in _INVALID:
            raise
        return ProbeResult(error.status)
    return ProbeResult(200)


def _write_without_body(operation: Operation, gateway: Gateway) -> ProbeResult:
    """Raises :class:`PermissionDenied`, or :class:`PermissionUnknown` if the answer is unclear."""
    try:
        answer = gateway.send(operation, data=b"", headers={"Content-Type": "application/json"})
    except (RequestRefused, Unavailable, Unreachable) as error:
        raise _unknown(operation, error.message, error.answer) from None
    if answer.status in _INVALID:
        return ProbeResult(answer.status)
    if 200 <= answer.status < 300:
        why = "it accepted a request without content. Check whether it created anything."
        raise _unknown(operation, f"the gateway answered {answer.status}, so {why}", answer)
    refused = refusal(operation, answer, gateway.secrets)
    if isinstance(refused, PermissionDenied):
        refused.answer = answer
        raise refused
    raise _unknown(operation, refused.message, answer)


def _unknown(operation: Operation, why: str, answer: Answer | None) -> PermissionUnknown:
    error = PermissionUnknown(f"Whether {operation} is permitted is not known: {why}")
    error.answer = answer
    return error

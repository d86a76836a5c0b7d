"""Whether the actions would be let through, asked without carrying one out.

Per action two requests: the look-up that comes before every write, about somebody who does not
exist, and the write itself with nothing in it. The gateway has to refuse the latter, as it has no
body, hence no required member, and no header that an application requires either. When it says
that the request is invalid (400, 422) rather than not permitted (403), writing is permitted. (A
gateway that looked at the body before the permission would say the same; then the first write says
what is denied.)
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
"""What the probes serve; only a candidate without a job needs those of the second."""
_NOBODY = "connection.check@example.com"
_NO_JOB = "JOBID"
"""The placeholder that Phenom itself uses for a job that is none."""
_INVALID = frozenset({400, 422})


class Unproven(PhenomError):
    """A write got an answer that says neither that it is permitted nor that it is denied."""


def action_probes(connection: Connection, locale: str, site_type: str) -> list[Probe]:
    """Two probes per action that the configuration allows for.

    :param locale, site_type: headers of a question to the Apply API.
    """
    applicant = {"email": _NOBODY, "jobId": _NO_JOB, "locale": locale, "siteType": site_type}
    probes = [
        _look_up("application of an e-mail address", STATUS, SUBMITTING, headers=applicant),
        _write("submitting an application", SUBMIT, SUBMITTING),
    ]
    if connection.ph_user_id is not None:
        probes += [
            _look_up(
                "candidate of an e-mail address", CANDIDATE, CREATING, params={"email": _NOBODY}
            ),
            _write("creating a candidate", CREATE, CREATING),
        ]
    return probes


def _look_up(name: str, operation: Operation, serves: tuple[str, ...], **parts: Any) -> Probe:
    return Probe(name, operation, serves, partial(_ask_for_nobody, operation, **parts))


def _write(name: str, operation: Operation, serves: tuple[str, ...]) -> Probe:
    return Probe(name, operation, serves, partial(_write_nothing, operation))


def _ask_for_nobody(operation: Operation, gateway: Gateway, **parts: Any) -> ProbeResult:
    """400, 404 and 422 answer the question as well as 200 does."""
    try:
        gateway.fetch(operation, lambda _: None, **parts)
    except RequestRefused as error:
        if error.status == 404:
            # Unless it is not the gateway that says so: then the listings are not found either.
            with suppress(PermissionDenied):
                applications_page(gateway, 0, 1)
        elif error.status not in _INVALID:
            raise
        return ProbeResult(error.status)
    return ProbeResult(200)


def _write_nothing(operation: Operation, gateway: Gateway) -> ProbeResult:
    """Reply of a gateway that permits the write; raises where it denies it, or does not tell."""
    try:
        answer = gateway.send(operation, data=b"", headers={"Content-Type": "application/json"})
    except (RequestRefused, Unavailable, Unreachable) as error:
        raise _unproven(operation, error.message, error.answer) from None
    if answer.status in _INVALID:
        return ProbeResult(answer.status)
    if 200 <= answer.status < 300:
        why = "it took a request without content. See whether it created anything."
        raise _unproven(operation, f"the gateway answered {answer.status}, so {why}", answer)
    refused = refusal(operation, answer, gateway.secrets)
    if isinstance(refused, PermissionDenied):
        refused.answer = answer
        raise refused
    raise _unproven(operation, refused.message, answer)


def _unproven(operation: Operation, why: str, answer: Answer | None) -> Unproven:
    error = Unproven(f"Whether {operation} is permitted is not known: {why}")
    error.answer = answer
    return error

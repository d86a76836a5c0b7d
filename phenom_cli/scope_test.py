"""What a connection may do: one row per unified model and per action."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from destination_phenom.apply_api import STATUS
from destination_phenom.candidates_api import FIND
from destination_phenom.wire import refusal
from phenom_api.errors import AuthenticationFailed, PermissionDenied
from phenom_api.gateway import HURRIED, Gateway, Operation
from phenom_api.listings import applications_page
from source_phenom.config import SourceConfig
from source_phenom.listings.applications import ApplicationListing
from source_phenom.listings.jobs import JobListing
from source_phenom.models import candidates, hiring_team
from source_phenom.probes import Probe, Reply, ask, listing_probes

SAMPLE = 50
"""Rows of each listing in which people are looked for."""

DEFAULT_LOCALE = "en_US"
_NOBODY = "connection.check@example.com"
_NO_JOB = "JOBID"
"""The placeholder that Phenom itself uses for a job that is none."""

Result = Literal["reachable", "empty", "denied", "not configured", "failed"]
PASSED: tuple[Result, ...] = ("reachable", "empty")


@dataclass(frozen=True)
class Scope:
    """One row of the scope test.

    :param required: whether a sync is incomplete without it.
    :param endpoint: what was (or would be) called, e.g. ``GET /jobs-api/v1/jobs``.
    :param http_status: of the answer; None where none came.
    :param ask: the permission or value to ask Phenom for, where that would help.
    :param message: what else there is to know.
    """

    name: str
    kind: Literal["model", "action"]
    required: bool
    result: Result
    endpoint: str
    http_status: int | None
    ask: str = ""
    message: str = ""


def scope_test(config: SourceConfig, locale: str, site_type: str) -> list[Scope]:
    """Asks every probe side by side, within seconds, and creates nothing.

    :param locale, site_type: headers of a question to the Apply API.
    """
    probes = listing_probes(config, SAMPLE) + action_probes(config, locale, site_type)
    replies = ask(probes, Gateway(config, patience=HURRIED))
    found = [_model(name, replies) for name in MODELS]
    found += [_action(name, replies) for name in ACTIONS]
    return found


def _has_team(row: Any) -> bool:
    return isinstance(row, dict) and bool(hiring_team.hiring_team(row, []))


def _has_candidate(row: Any) -> bool:
    return isinstance(row, dict) and candidates.candidate_key(row, []) is not None


# What of a listing's rows makes a record of the model, and how to say that none does. There are
# roles wherever jobs can be read.
_NO_TEAM = f"None of the first {SAMPLE} jobs names a hiring manager or a recruiter."
_NO_CANDIDATE = f"None of the first {SAMPLE} applications names its candidate."
_RECORDS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    hiring_team.USERS: (_has_team, _NO_TEAM),
    hiring_team.MEMBERS: (_has_team, _NO_TEAM),
    hiring_team.ASSIGNMENTS: (_has_team, _NO_TEAM),
    candidates.MODEL: (_has_candidate, _NO_CANDIDATE),
}
MODELS = (*JobListing.stream_names, *reversed(ApplicationListing.stream_names))
ACTIONS = ("create_candidate", "create_application")


def _model(name: str, replies: Mapping[Probe, Reply]) -> Scope:
    """A model is as reachable as the least reachable of the listings that it is read from."""
    asked = {probe: reply for probe, reply in replies.items() if name in probe.serves}
    for probe, reply in asked.items():
        if reply.error is not None:
            return _refused(name, "model", probe, reply)
    probe = next(iter(asked))
    rows = [row for reply in asked.values() for row in reply.rows]
    makes_record, none_does = _RECORDS.get(name, (bool, ""))
    result: Result = "reachable"
    message = ""
    if name != hiring_team.ROLES and not any(map(makes_record, rows)):
        result = "empty"
        message = none_does if rows else "The listing has no rows."
    return Scope(
        name, "model", True, result, str(probe.operation), asked[probe].status, message=message
    )


def _action(name: str, replies: Mapping[Probe, Reply]) -> Scope:
    asked = next(((probe, reply) for probe, reply in replies.items() if name in probe.serves), None)
    if asked is None:
        return Scope(
            name,
            "action",
            False,
            "not configured",
            str(FIND),
            None,
            "the id of an acting user, to be set as ph_user_id; Candidates API, reading and"
            " creating candidates",
            "Needed only for candidates without a job.",
        )
    probe, reply = asked
    if reply.error is not None:
        return _refused(name, "action", probe, reply)
    message = ""
    if reply.status is not None and reply.status >= 400:
        message = f"{reply.status} is the gateway's word for somebody whom it does not know."
    return Scope(
        name, "action", False, "reachable", str(probe.operation), reply.status, message=message
    )


def _refused(name: str, kind: Literal["model", "action"], probe: Probe, reply: Reply) -> Scope:
    error = reply.error
    assert error is not None
    message, wanted = error.message, ""
    result: Result = "failed"
    if isinstance(error, PermissionDenied):
        result, wanted = "denied", probe.operation.needs
        message = f"The API client may not read the {probe.name}." if kind == "model" else ""
        if probe.remedy:
            message += f" Or {probe.remedy}."
    elif isinstance(error, AuthenticationFailed):
        result = "denied"
    return Scope(
        name,
        kind,
        kind == "model",
        result,
        str(probe.operation),
        reply.status,
        wanted,
        message,
    )


def action_probes(config: SourceConfig, locale: str, site_type: str) -> list[Probe]:
    """A question about somebody who does not exist, per action that is configured."""
    headers = {"email": _NOBODY, "jobId": _NO_JOB, "locale": locale, "siteType": site_type}
    applied = partial(_ask_for_nobody, STATUS, headers=headers)
    probes = [Probe("application of an e-mail address", STATUS, ("create_application",), applied)]
    if config.ph_user_id is not None:
        known = partial(_ask_for_nobody, FIND, params={"email": _NOBODY})
        probes.append(Probe("candidate of an e-mail address", FIND, ("create_candidate",), known))
    return probes


def _ask_for_nobody(operation: Operation, gateway: Gateway, **parts: Any) -> Reply:
    """400, 404 and 422 answer the question as well as 200 does."""
    answer = gateway.send(operation, **parts)
    if not 200 <= answer.status < 300 and answer.status not in (400, 404, 422):
        error = refusal(operation, answer)
        error.answer = answer
        raise error
    if answer.status == 404:
        # Unless it is not the gateway that says so: then the listings are not found either.
        with suppress(PermissionDenied):
            applications_page(gateway, 0, 1)
    return Reply(answer.status)

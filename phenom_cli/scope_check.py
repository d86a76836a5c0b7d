"""Checks what a connection may do: a row per unified model, per group of columns, per action."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from destination_phenom.candidates_api import CREATE
from destination_phenom.probes import action_probes
from phenom_api.errors import AuthenticationFailed, PermissionDenied
from phenom_api.gateway import CHECK_POLICY, Gateway
from phenom_api.probes import Probe, ProbeResult, ask
from source_phenom import manifest
from source_phenom.config import SourceConfig
from source_phenom.models import applications, candidates, employees, groups, hiring_team, jobs
from source_phenom.probes import acting_user_probes, listing_probes

SAMPLE = 50
"""Rows of each listing that are searched for a record of each model."""

DEFAULT_LOCALE = "en_US"
_ACTING_USER = "the id of an acting user, to be set as ph_user_id"

ScopeResult = Literal["reachable", "empty", "denied", "not configured", "failed"]
PASSED: tuple[ScopeResult, ...] = ("reachable", "empty")

Kind = Literal["model", "columns", "action"]


@dataclass(frozen=True)
class Scope:
    """One row of the scope check.

    :param name: of the model or the action; ``model (column, column)`` for columns that an API of
        their own fills.
    :param required: whether a sync without ph_user_id needs it.
    :param endpoint: what was (or would be) called, e.g. ``GET /jobs-api/v1/jobs``.
    :param http_status: of the answer; None if there was none.
    :param ask: the permission or value to ask Phenom for, if that would help.
    :param message: the error, or another remark.
    """

    name: str
    kind: Kind
    required: bool
    result: ScopeResult
    endpoint: str
    http_status: int | None
    ask: str = ""
    message: str = ""


def scope_check(config: SourceConfig, locale: str, site_type: str) -> list[Scope]:
    """Sends all probes at the same time; takes seconds, and creates nothing.

    :param locale, site_type: headers of requests to the Apply API.
    """
    further = acting_user_probes(config, SAMPLE)
    probes = listing_probes(config, SAMPLE) + action_probes(config, locale, site_type)
    if config.ph_user_id is not None:
        probes += further
    replies = ask(probes, Gateway(config, policy=CHECK_POLICY))
    scopes = [_model(name, replies) for name in REQUIRED]
    scopes += [_acting_user_model(name, further, replies) for name in FURTHER]
    scopes += [
        _columns(name, probe, further, replies) for probe in further for name in _names(probe.fills)
    ]
    scopes += [_action(name, replies) for name in ACTIONS]
    return scopes


def _has_team(row: Any) -> bool:
    return isinstance(row, dict) and bool(hiring_team.hiring_team(row, []))


def _has_candidate(row: Any) -> bool:
    return isinstance(row, dict) and candidates.candidate_key(row, []) is not None


_NO_TEAM = f"None of the first {SAMPLE} jobs names a hiring manager or a recruiter."
_NO_ROWS = "The listing has no rows."
_NO_CANDIDATE = f"None of the first {SAMPLE} applications names its candidate."
# By model: whether a row of the listing makes a record of it, and the message if no row does.
_RECORDS: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    hiring_team.USERS: (_has_team, _NO_TEAM),
    hiring_team.MEMBERS: (_has_team, _NO_TEAM),
    hiring_team.ASSIGNMENTS: (_has_team, _NO_TEAM),
    candidates.MODEL: (_has_candidate, _NO_CANDIDATE),
}
REQUIRED = (
    jobs.MODEL,
    hiring_team.USERS,
    hiring_team.ROLES,
    hiring_team.MEMBERS,
    hiring_team.ASSIGNMENTS,
    candidates.MODEL,
    applications.MODEL,
)
FURTHER = tuple(name for name in manifest.stream_names() if name not in REQUIRED)
"""The models that need an acting user."""
ACTIONS = ("create_candidate", "create_application")


def _own_replies(name: str, replies: Mapping[Probe, ProbeResult]) -> dict[Probe, ProbeResult]:
    """The probes of this model or action, with their results."""
    return {probe: reply for probe, reply in replies.items() if name in probe.serves}


def _model(name: str, replies: Mapping[Probe, ProbeResult]) -> Scope:
    """A model is refused if one of its listings is. Roles need no record: they are constant."""
    own = _own_replies(name, replies)
    for probe, reply in own.items():
        if reply.error is not None:
            return _refused(name, "model", probe, reply, required=True)
    probe = next(iter(own))
    rows = [row for reply in own.values() for row in reply.rows]
    makes_record, none_does = _RECORDS.get(name, (bool, ""))
    result: ScopeResult = "reachable"
    message = ""
    if name != hiring_team.ROLES and not any(map(makes_record, rows)):
        result = "empty"
        message = none_does if rows else _NO_ROWS
    return Scope(
        name, "model", True, result, str(probe.operation), own[probe].status, message=message
    )


def _acting_user_model(
    name: str, further: Sequence[Probe], replies: Mapping[Probe, ProbeResult]
) -> Scope:
    """A model that needs an acting user; its last probe reads its records."""
    needed = [probe for probe in further if name in probe.serves]
    own = _own_replies(name, replies)
    probe = needed[-1]
    if probe not in own:
        return _not_configured(name, "model", probe, further)
    for each, reply in own.items():
        if reply.error is not None:
            return _refused(name, "model", each, reply)
    is_empty = name in (employees.MODEL, groups.MODEL) and not own[probe].rows
    return Scope(
        name,
        "model",
        False,
        "empty" if is_empty else "reachable",
        str(probe.operation),
        own[probe].status,
        message=_NO_ROWS if is_empty else "",
    )


def _names(columns: Sequence[str]) -> list[str]:
    """``model (column, column)`` for each model among columns written ``model.column``."""
    by_model: dict[str, list[str]] = {}
    for column in columns:
        model, _, name = column.partition(".")
        by_model.setdefault(model, []).append(name)
    return [f"{model} ({', '.join(names)})" for model, names in by_model.items()]


def _columns(
    name: str, probe: Probe, further: Sequence[Probe], replies: Mapping[Probe, ProbeResult]
) -> Scope:
    reply = replies.get(probe)
    if reply is None:
        return _not_configured(name, "columns", probe, further)
    if reply.error is not None:
        return _refused(name, "columns", probe, reply)
    return Scope(name, "columns", False, "reachable", str(probe.operation), reply.status)


def _not_configured(name: str, kind: Kind, probe: Probe, further: Sequence[Probe]) -> Scope:
    """Every row asks for the same, because one user id is enough for all of these APIs."""
    apis = dict.fromkeys(each.operation.needs.partition(",")[0] for each in further)
    ask = f"{_ACTING_USER}, and permission to read with it: {', '.join(apis)}"
    return Scope(name, kind, False, "not configured", str(probe.operation), None, ask)


def _action(name: str, replies: Mapping[Probe, ProbeResult]) -> Scope:
    own = _own_replies(name, replies)
    if not own:
        return Scope(
            name,
            "action",
            False,
            "not configured",
            str(CREATE),
            None,
            f"{_ACTING_USER}; Candidates API, reading and creating candidates",
            "Needed only for candidates without a job.",
        )
    for probe, reply in own.items():
        if reply.error is not None:
            return _refused(name, "action", probe, reply)
    probe, reply = list(own.items())[-1]
    message = f"An empty request is refused as invalid ({reply.status}), not as forbidden."
    return Scope(
        name, "action", False, "reachable", str(probe.operation), reply.status, message=message
    )


def _refused(
    name: str, kind: Kind, probe: Probe, reply: ProbeResult, *, required: bool = False
) -> Scope:
    error = reply.error
    assert error is not None
    message, ask = error.message, ""
    result: ScopeResult = "failed"
    if isinstance(error, PermissionDenied):
        result, ask = "denied", probe.operation.needs
        message = "" if kind == "action" else f"The API client may not read the {probe.name}."
        if probe.remedy:
            message += f" Or {probe.remedy}."
        if probe.besides:
            message += f" {probe.besides}"
    elif isinstance(error, AuthenticationFailed):
        result = "denied"
    return Scope(name, kind, required, result, str(probe.operation), reply.status, ask, message)

"""What a connection may do: one row per unified model, per group of columns, and per action."""

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
"""Rows of each listing in which people are looked for."""

DEFAULT_LOCALE = "en_US"
_ACTING_USER = "the id of an acting user, to be set as ph_user_id"

ScopeResult = Literal["reachable", "empty", "denied", "not configured", "failed"]
PASSED: tuple[ScopeResult, ...] = ("reachable", "empty")

Kind = Literal["model", "columns", "action"]


@dataclass(frozen=True)
class Scope:
    """One row of the scope test.

    :param name: of the model or the action; ``model (column, column)`` for columns that come
        from an API of their own.
    :param required: whether a sync is incomplete without it.
    :param endpoint: what was (or would be) called, e.g. ``GET /jobs-api/v1/jobs``.
    :param http_status: of the answer; None where none came.
    :param ask: the permission or value to ask Phenom for, where that would help.
    :param message: what else there is to know.
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
    """Asks every probe side by side, within seconds, and creates nothing.

    :param locale, site_type: headers of a question to the Apply API.
    """
    further = acting_user_probes(config, SAMPLE)
    probes = listing_probes(config, SAMPLE) + action_probes(config, locale, site_type)
    if config.ph_user_id is not None:
        probes += further
    replies = ask(probes, Gateway(config, policy=CHECK_POLICY))
    found = [_model(name, replies) for name in REQUIRED]
    found += [_further_model(name, further, replies) for name in FURTHER]
    found += [
        _columns(name, probe, further, replies) for probe in further for name in _names(probe.fills)
    ]
    found += [_action(name, replies) for name in ACTIONS]
    return found


def _has_team(row: Any) -> bool:
    return isinstance(row, dict) and bool(hiring_team.hiring_team(row, []))


def _has_candidate(row: Any) -> bool:
    return isinstance(row, dict) and candidates.candidate_key(row, []) is not None


# What of a listing's rows makes a record of the model, and how to say that none does. There are
# roles wherever jobs can be read.
_NO_TEAM = f"None of the first {SAMPLE} jobs names a hiring manager or a recruiter."
_NO_ROWS = "The listing has no rows."
_NO_CANDIDATE = f"None of the first {SAMPLE} applications names its candidate."
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
"""The models that take an acting user."""
ACTIONS = ("create_candidate", "create_application")


def _asked(name: str, replies: Mapping[Probe, ProbeResult]) -> dict[Probe, ProbeResult]:
    """What was asked for this model or action."""
    return {probe: reply for probe, reply in replies.items() if name in probe.serves}


def _model(name: str, replies: Mapping[Probe, ProbeResult]) -> Scope:
    """A model is as reachable as the least reachable of the listings that it is read from."""
    asked = _asked(name, replies)
    for probe, reply in asked.items():
        if reply.error is not None:
            return _refused(name, "model", probe, reply, required=True)
    probe = next(iter(asked))
    rows = [row for reply in asked.values() for row in reply.rows]
    makes_record, none_does = _RECORDS.get(name, (bool, ""))
    result: ScopeResult = "reachable"
    message = ""
    if name != hiring_team.ROLES and not any(map(makes_record, rows)):
        result = "empty"
        message = none_does if rows else _NO_ROWS
    return Scope(
        name, "model", True, result, str(probe.operation), asked[probe].status, message=message
    )


def _further_model(
    name: str, further: Sequence[Probe], replies: Mapping[Probe, ProbeResult]
) -> Scope:
    """A model that takes an acting user; what it is made of is what its last probe asks for."""
    needed = [probe for probe in further if name in probe.serves]
    asked = _asked(name, replies)
    probe = needed[-1]
    if probe not in asked:
        return _not_configured(name, "model", probe, further)
    for each, reply in asked.items():
        if reply.error is not None:
            return _refused(name, "model", each, reply)
    is_empty = name in (employees.MODEL, groups.MODEL) and not asked[probe].rows
    return Scope(
        name,
        "model",
        False,
        "empty" if is_empty else "reachable",
        str(probe.operation),
        asked[probe].status,
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
    """The same to ask for in every row: one id opens all of these APIs."""
    apis = dict.fromkeys(each.operation.needs.partition(",")[0] for each in further)
    wanted = f"{_ACTING_USER}, and permission to read with it: {', '.join(apis)}"
    return Scope(name, kind, False, "not configured", str(probe.operation), None, wanted)


def _action(name: str, replies: Mapping[Probe, ProbeResult]) -> Scope:
    asked = _asked(name, replies)
    if not asked:
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
    for probe, reply in asked.items():
        if reply.error is not None:
            return _refused(name, "action", probe, reply)
    probe, reply = list(asked.items())[-1]
    message = f"An empty request is refused as invalid ({reply.status}), not as forbidden."
    return Scope(
        name, "action", False, "reachable", str(probe.operation), reply.status, message=message
    )


def _refused(
    name: str, kind: Kind, probe: Probe, reply: ProbeResult, *, required: bool = False
) -> Scope:
    error = reply.error
    assert error is not None
    message, wanted = error.message, ""
    result: ScopeResult = "failed"
    if isinstance(error, PermissionDenied):
        result, wanted = "denied", probe.operation.needs
        message = "" if kind == "action" else f"The API client may not read the {probe.name}."
        if probe.remedy:
            message += f" Or {probe.remedy}."
        if probe.besides:
            message += f" {probe.besides}"
    elif isinstance(error, AuthenticationFailed):
        result = "denied"
    return Scope(name, kind, required, result, str(probe.operation), reply.status, wanted, message)

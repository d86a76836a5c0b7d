"""``check``: can a token be had, and may this client write, without writing anything."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from destination_phenom.config import DestinationConfig
from destination_phenom.probes import CREATING, SUBMITTING, Unproven, action_probes
from phenom_api.gateway import CHECK_POLICY, Gateway
from phenom_api.probes import Probe, ProbeResult, ask
from phenom_protocol.connection import CheckResult


def check(config: DestinationConfig) -> CheckResult:
    """Whether records can be written, and what to know or to do.

    Fails where no token can be had, or the Apply API cannot be used. Where an acting user is
    configured it asks for the Candidates API as well; without its permission it succeeds, and the
    message names what is denied and what that costs.
    """
    unusable = _results_problem(config)
    if unusable is not None:
        return CheckResult(False, unusable)
    probes = action_probes(config, config.locale, config.site_type)
    return _result(ask(probes, Gateway(config, policy=CHECK_POLICY)))


def _result(replies: Mapping[Probe, ProbeResult]) -> CheckResult:
    unproven: list[str] = []
    refused: dict[tuple[str, ...], list[str]] = {SUBMITTING: [], CREATING: []}
    for probe, reply in replies.items():
        if reply.error is not None:
            found = unproven if isinstance(reply.error, Unproven) else refused[probe.serves]
            found.append(reply.error.message)
    if refused[SUBMITTING]:
        return CheckResult(False, _text(refused[SUBMITTING]))
    if refused[CREATING]:
        refused[CREATING].append(
            "Without it, create_candidate records that name no job cannot be carried out."
        )
    return CheckResult(True, _text(refused[CREATING] + unproven))


def _text(messages: list[str]) -> str | None:
    """Every message once."""
    return " ".join(dict.fromkeys(messages)) or None


def _results_problem(config: DestinationConfig) -> str | None:
    if config.results_path is None:
        return None
    path = Path(config.results_path)
    usable = path if path.exists() else path.parent
    if path.is_dir() or not usable.exists() or not os.access(usable, os.W_OK):
        return f"results_path cannot be written: {config.results_path}."
    return None

"""``check``: tests the token and the permissions to write, without writing anything."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from destination_phenom.config import DestinationConfig
from destination_phenom.probes import CREATING, SUBMITTING, PermissionUnknown, action_probes
from phenom_api.gateway import CHECK_POLICY, Gateway
from phenom_api.probes import Probe, ProbeResult, ask
from phenom_protocol.connection import CheckResult


def check(config: DestinationConfig) -> CheckResult:
    """Whether records can be written, with a message about what does not work.

    It fails without a token and without the Apply API. With an acting user, it tests the Candidates
    API as well. If only that API is denied, the check succeeds, and the message says what is denied
    and which records that affects.
    """
    problem = _results_path_problem(config)
    if problem is not None:
        return CheckResult(False, problem)
    probes = action_probes(config, config.locale, config.site_type)
    return _result(ask(probes, Gateway(config, policy=CHECK_POLICY)))


def _result(results: Mapping[Probe, ProbeResult]) -> CheckResult:
    unknown: list[str] = []
    failed: dict[tuple[str, ...], list[str]] = {SUBMITTING: [], CREATING: []}
    for probe, result in results.items():
        if result.error is not None:
            texts = unknown if isinstance(result.error, PermissionUnknown) else failed[probe.serves]
            texts.append(result.error.message)
    if failed[SUBMITTING]:
        return CheckResult(False, _text(failed[SUBMITTING]))
    if failed[CREATING]:
        failed[CREATING].append(
            "Without it, create_candidate records that name no job cannot be carried out."
        )
    return CheckResult(True, _text(failed[CREATING] + unknown))


def _text(messages: list[str]) -> str | None:
    """All messages, without repetitions."""
    return " ".join(dict.fromkeys(messages)) or None


def _results_path_problem(config: DestinationConfig) -> str | None:
    if config.results_path is None:
        return None
    path = Path(config.results_path)
    usable = path if path.exists() else path.parent
    if path.is_dir() or not usable.exists() or not os.access(usable, os.W_OK):
        return f"results_path cannot be written: {config.results_path}."
    return None

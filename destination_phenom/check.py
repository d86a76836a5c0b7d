"""``check``: can a token be had, and may this client submit, without submitting anything."""

from __future__ import annotations

import os
import queue
import threading
from contextlib import suppress
from pathlib import Path

from destination_phenom.apply_api import STATUS
from destination_phenom.candidates_api import CandidatesApi
from destination_phenom.config import DestinationConfig
from phenom_api.errors import PermissionDenied, PhenomError, RequestRefused
from phenom_api.gateway import HURRIED, Gateway
from phenom_api.listings import applications_page

ANSWER_WITHIN = 12.0
"""Seconds; ``check`` as a whole has 15."""
_NOBODY = "connection.check@example.com"
_NO_JOB = "JOBID"
"""The placeholder that Phenom itself uses for a job that is none."""


def check(config: DestinationConfig) -> tuple[bool, str | None]:
    """Whether records can be written, and what to know or to do.

    Asks for the application of somebody who has none: that needs a token, the gateway and the
    Apply API. Where an acting user is configured, it looks for the same candidate as well.
    """
    unusable = _results_problem(config)
    if unusable is not None:
        return False, unusable
    answers: queue.Queue[tuple[bool, str | None]] = queue.Queue()
    # A daemon thread: a name look-up that hangs must not keep the process from answering.
    threading.Thread(target=lambda: answers.put(_probe(config)), daemon=True).start()
    try:
        return answers.get(timeout=ANSWER_WITHIN)
    except queue.Empty:
        return False, (
            f"No answer within {ANSWER_WITHIN:.0f} seconds. Check token_url, gateway_url and the "
            "network."
        )


def _probe(config: DestinationConfig) -> tuple[bool, str | None]:
    gateway = Gateway(config, patience=HURRIED)
    try:
        _ask_for_nobody(gateway, config)
    except PhenomError as error:
        return False, error.message
    if config.ph_user_id is None:
        return True, None
    try:
        CandidatesApi(gateway).find(_NOBODY)
    except PhenomError as error:
        return True, (
            f"{error.message} Without it, create_candidate records that name no job cannot be "
            "carried out."
        )
    return True, None


def _ask_for_nobody(gateway: Gateway, config: DestinationConfig) -> None:
    headers = {
        "email": _NOBODY,
        "jobId": _NO_JOB,
        "locale": config.locale,
        "siteType": config.site_type,
    }
    try:
        gateway.fetch(STATUS, lambda _: None, headers=headers)
    except RequestRefused as error:
        if error.status == 404:
            # Either there is no such job, or this is not the gateway.
            with suppress(PermissionDenied):
                applications_page(gateway, 0, 1)
        elif error.status not in (400, 422):
            raise


def _results_problem(config: DestinationConfig) -> str | None:
    if config.results_path is None:
        return None
    path = Path(config.results_path)
    usable = path if path.exists() else path.parent
    if path.is_dir() or not usable.exists() or not os.access(usable, os.W_OK):
        return f"results_path cannot be written: {config.results_path}."
    return None

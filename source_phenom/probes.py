"""One small request per listing that a read would touch: what can be read, and why not the rest.

``source-phenom check`` and ``phenom scopes`` ask the same probes.
"""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from phenom_api.errors import PhenomError, Unreachable
from phenom_api.gateway import Gateway, Operation
from phenom_api.listings import APPLICATIONS, CLOSED_JOBS, OPEN_JOBS, applications_page, jobs_page
from phenom_api.paging import Page
from source_phenom.config import SourceConfig
from source_phenom.listings.applications import ApplicationListing
from source_phenom.listings.jobs import JobListing

ANSWER_WITHIN = 12.0
"""Seconds after which a probe counts as unanswered; ``check`` as a whole has 15."""


@dataclass(frozen=True)
class Probe:
    """One request that shows whether a part of the connection works.

    :param name: what it asks for, in words.
    :param operation: what it calls.
    :param serves: the streams, or the action, that cannot do without it.
    :param run: asks; raises PhenomError where the answer is a no.
    :param remedy: another way out than a permission, for who does not need what it asks for.
    """

    name: str
    operation: Operation
    serves: tuple[str, ...]
    run: Callable[[Gateway], Reply]
    remedy: str = ""


@dataclass(frozen=True)
class Reply:
    """What became of a probe.

    :param status: of the gateway's answer; None where there was none.
    :param rows: of a listing.
    """

    status: int | None = None
    rows: tuple[Any, ...] = ()
    error: PhenomError | None = None


def listing_probes(config: SourceConfig, rows: int = 1) -> list[Probe]:
    """A page of ``rows`` rows from every listing that a read with this configuration touches."""
    probes = [
        Probe(
            f"open jobs of site type {site_type}",
            OPEN_JOBS,
            JobListing.stream_names,
            partial(_jobs, OPEN_JOBS, site_type, rows),
        )
        for site_type in config.site_types
    ]
    if config.include_closed_jobs:
        probes.append(
            Probe(
                "closed jobs",
                CLOSED_JOBS,
                JobListing.stream_names,
                partial(_jobs, CLOSED_JOBS, config.site_types[0], rows),
                "turn include_closed_jobs off",
            )
        )
    probes.append(
        Probe(
            "applications",
            APPLICATIONS,
            ApplicationListing.stream_names,
            partial(_applications, rows),
        )
    )
    return probes


def _jobs(operation: Operation, site_type: str, rows: int, gateway: Gateway) -> Reply:
    return _listed(jobs_page(gateway, operation, site_type, 0, rows))


def _applications(rows: int, gateway: Gateway) -> Reply:
    return _listed(applications_page(gateway, 0, rows))


def _listed(page: Page) -> Reply:
    return Reply(200, tuple(page.rows))


def ask(
    probes: Sequence[Probe], gateway: Gateway, within: float = ANSWER_WITHIN
) -> dict[Probe, Reply]:
    """The reply to every probe, in their order; asks side by side, for ``within`` seconds.

    A probe without an answer by then has the error :class:`Unreachable`.
    """
    answers: queue.Queue[tuple[Probe, Reply]] = queue.Queue()

    def attempt(probe: Probe) -> None:
        try:
            reply = probe.run(gateway)
        except PhenomError as error:
            status = error.answer.status if error.answer is not None else None
            reply = Reply(status, error=error)
        answers.put((probe, reply))

    for probe in probes:
        # Daemon threads: a name look-up that hangs must not keep the process from answering.
        threading.Thread(target=attempt, args=(probe,), daemon=True).start()
    deadline = time.monotonic() + within
    replies: dict[Probe, Reply] = {}
    while len(replies) < len(probes):
        try:
            probe, reply = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            break
        replies[probe] = reply
    silence = Unreachable(
        f"No answer within {within:.0f} seconds. Check token_url, gateway_url and the network."
    )
    return {probe: replies.get(probe, Reply(error=silence)) for probe in probes}

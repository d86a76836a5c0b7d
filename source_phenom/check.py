"""``check``: can a token be had, which listings can be read, and what does it cost if not."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from phenom_api.errors import PhenomError, Unreachable
from phenom_api.gateway import HURRIED, Gateway
from phenom_api.listings import CLOSED_JOBS, OPEN_JOBS, applications_page, jobs_page
from source_phenom.config import SourceConfig
from source_phenom.listings.applications import ApplicationListing
from source_phenom.listings.jobs import JobListing

ANSWER_WITHIN = 12.0
"""Seconds after which a probe counts as unanswered; ``check`` as a whole has 15."""


@dataclass(frozen=True)
class CheckResult:
    succeeded: bool
    message: str | None = None


@dataclass(frozen=True)
class Probe:
    """One request that shows whether a part of the connection works.

    :param costs: what cannot be read without it.
    """

    name: str
    costs: str
    run: Callable[[Gateway], object]


def probes(config: SourceConfig) -> list[Probe]:
    """One page of one row from every listing that a read would touch."""
    job_streams = ", ".join(JobListing.stream_names)
    found = [
        Probe(
            f"open jobs of site type {site_type}",
            f"streams {job_streams}",
            lambda gateway, site_type=site_type: jobs_page(  # type: ignore[misc]
                gateway, OPEN_JOBS, site_type, 0, 1
            ),
        )
        for site_type in config.site_types
    ]
    if config.include_closed_jobs:
        found.append(
            Probe(
                "closed jobs",
                f"streams {job_streams} (or turn include_closed_jobs off)",
                lambda gateway: jobs_page(gateway, CLOSED_JOBS, config.site_types[0], 0, 1),
            )
        )
    found.append(
        Probe(
            "applications",
            f"streams {', '.join(ApplicationListing.stream_names)}",
            lambda gateway: applications_page(gateway, 0, 1),
        )
    )
    return found


def check(config: SourceConfig) -> CheckResult:
    """Try the token and every listing, side by side and within seconds.

    Fails when no token can be had or no listing can be read. Where only some can, it succeeds
    and the message names what is denied and which streams that costs.
    """
    gateway = Gateway(config, patience=HURRIED)
    wanted = probes(config)
    answers: queue.Queue[tuple[Probe, PhenomError | None]] = queue.Queue()

    def attempt(probe: Probe) -> None:
        try:
            probe.run(gateway)
        except PhenomError as error:
            answers.put((probe, error))
        else:
            answers.put((probe, None))

    for probe in wanted:
        # Daemon threads: a name look-up that hangs must not keep the process from answering.
        threading.Thread(target=attempt, args=(probe,), daemon=True).start()
    failures = _collect(wanted, answers)
    if not failures:
        return CheckResult(True)
    if len(failures) == len(wanted):
        return CheckResult(False, " ".join(dict.fromkeys(e.message for e in failures.values())))
    denied = " ".join(
        f"No access to the {probe.name}: {error.message} Without it: {probe.costs}."
        for probe, error in failures.items()
    )
    return CheckResult(True, denied)


def _collect(
    wanted: list[Probe], answers: queue.Queue[tuple[Probe, PhenomError | None]]
) -> dict[Probe, PhenomError]:
    deadline = time.monotonic() + ANSWER_WITHIN
    waiting = dict.fromkeys(wanted)
    failures: dict[Probe, PhenomError] = {}
    while waiting:
        try:
            probe, error = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            break
        del waiting[probe]
        if error is not None:
            failures[probe] = error
    for probe in waiting:
        failures[probe] = Unreachable(
            f"No answer within {ANSWER_WITHIN:.0f} seconds. Check token_url, gateway_url and the "
            "network.",
        )
    return {probe: failures[probe] for probe in wanted if probe in failures}

"""Tests each part of a connection with one small request."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from phenom_api.errors import PhenomError, Unreachable
from phenom_api.gateway import Gateway, Operation

ANSWER_WITHIN = 12.0
"""Seconds after which a probe counts as unanswered; ``check`` as a whole has 15."""


@dataclass(frozen=True)
class Probe:
    """One request that shows whether a part of the connection works.

    :param name: what it asks for, in words.
    :param operation: the operation that it calls.
    :param serves: the streams, or the action, that need the operation.
    :param fills: columns, as ``stream.column``, that are null or less exact without it.
    :param besides: a sentence about other consequences of a refusal.
    :param run: sends the request; raises PhenomError if it fails.
    :param remedy: an alternative to asking for the permission.
    """

    name: str
    operation: Operation
    serves: tuple[str, ...]
    run: Callable[[Gateway], ProbeResult]
    remedy: str = ""
    fills: tuple[str, ...] = ()
    besides: str = ""


@dataclass(frozen=True)
class ProbeResult:
    """The result of a probe.

    :param status: of the gateway's answer; None without an answer.
    :param rows: of a listing.
    """

    status: int | None = None
    rows: tuple[Any, ...] = ()
    error: PhenomError | None = None


def ask(
    probes: Sequence[Probe], gateway: Gateway, within: float = ANSWER_WITHIN
) -> dict[Probe, ProbeResult]:
    """The result of every probe, in their order. Runs them concurrently, for ``within`` seconds.

    A probe without an answer by then has the error :class:`Unreachable`. If no token can be
    fetched, every probe has that error.
    """
    answers: queue.Queue[tuple[Probe, ProbeResult]] = queue.Queue()

    def begin() -> None:
        try:
            gateway.tokens.current()
        except PhenomError as error:
            for probe in probes:
                answers.put((probe, ProbeResult(error=error)))
        else:
            for probe in probes:
                threading.Thread(target=attempt, args=(probe,), daemon=True).start()

    def attempt(probe: Probe) -> None:
        try:
            reply = probe.run(gateway)
        except PhenomError as error:
            status = error.answer.status if error.answer is not None else None
            reply = ProbeResult(status, error=error)
        answers.put((probe, reply))

    deadline = time.monotonic() + within
    # Daemon threads, so that a name look-up that hangs does not keep the process from ending.
    threading.Thread(target=begin, daemon=True).start()
    replies: dict[Probe, ProbeResult] = {}
    while len(replies) < len(probes):
        try:
            probe, reply = answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            break
        replies[probe] = reply
    silence = Unreachable(
        f"No answer within {within:.0f} seconds. Check token_url, gateway_url and the network."
    )
    return {probe: replies.get(probe, ProbeResult(error=silence)) for probe in probes}

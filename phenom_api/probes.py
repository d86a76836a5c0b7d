"""One small request per part of a connection: what works, and why not the rest."""

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
    :param operation: what it calls.
    :param serves: the streams, or the action, that cannot do without it.
    :param fills: columns, written ``stream.column``, that without it are null or come from a
        lesser source.
    :param besides: what else it costs to do without, as a sentence.
    :param run: asks; raises PhenomError where the answer is a no.
    :param remedy: another way out than a permission, for who does not need what it asks for.
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
    """What became of a probe.

    :param status: of the gateway's answer; None where there was none.
    :param rows: of a listing.
    """

    status: int | None = None
    rows: tuple[Any, ...] = ()
    error: PhenomError | None = None


def ask(
    probes: Sequence[Probe], gateway: Gateway, within: float = ANSWER_WITHIN
) -> dict[Probe, ProbeResult]:
    """The reply to every probe, in their order; asks side by side, for ``within`` seconds.

    A probe without an answer by then has the error :class:`Unreachable`. Where no token can be
    had, that is every probe's error.
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
    # Daemon threads: a name look-up that hangs must not keep the process from answering.
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

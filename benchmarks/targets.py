"""The targets, and the figures measured for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from benchmarks import deltas, loading, marts, ours, readers
from benchmarks.results import Results

SMALL, LARGE = 200_000, 1_000_000


@dataclass(frozen=True)
class Target:
    """:param at_least: whether the limit is a minimum. :param measured: None: not measured yet."""

    text: str
    limit: float
    measured: float | None
    at_least: bool = False

    @property
    def met(self) -> bool | None:
        if self.measured is None:
            return None
        return self.measured >= self.limit if self.at_least else self.measured <= self.limit


def targets() -> list[Target]:
    return [
        *_reading(Results("readers")),
        *_state(Results("state")),
        *_quiet(Results("quiet")),
        *_privacy(Results("privacy")),
        *_start(Results("startup")),
        *_memory(Results("memory")),
        *_loading(Results("loading")),
        *_marts(Results("marts")),
        *_deltas(Results("deltas")),
    ]


def _reading(results: Results) -> Iterator[Target]:
    def wall(who: str, latency: int) -> float | None:
        return results.median((who, SMALL, latency))

    for latency, limit in ((0, 1.3), (50, 1.2)):
        yield Target(
            f"200,000 applications, {latency} ms: time, as a multiple of the bare loop's",
            limit,
            _ratio(wall(readers.OURS, latency), wall(readers.BARE, latency)),
        )
    for latency, peer, limit in (
        (0, readers.PLAIN_CDK, 5),
        (0, readers.DLT, 3.5),
        (0, readers.SINGER, 4.5),
        (50, readers.PLAIN_CDK, 10),
    ):
        yield Target(
            f"200,000 applications, {latency} ms: times as fast as {peer}",
            limit,
            _ratio(wall(peer, latency), wall(readers.OURS, latency)),
            at_least=True,
        )
    yield Target(
        "200,000 applications: pace of the tenant, as a multiple of the fastest reader's",
        readers.MINIMUM_MARGIN,
        readers.tenant_margin(results, SMALL),
        at_least=True,
    )


def _state(results: Results) -> Iterator[Target]:
    figures = results.figures("ObjectIds", LARGE) or {}
    yield Target("state of 1,000,000 records: bytes of JSON text each", 9, figures.get("bytes"))
    for step in ("encode", "decode"):
        yield Target(f"state of 1,000,000 records: seconds to {step}", 3, figures.get(f"{step} s"))


def _quiet(results: Results) -> Iterator[Target]:
    def cpu(who: str) -> float | None:
        return results.median((who, SMALL, 0), "cpu")

    quiet, start = cpu(ours.QUIET), cpu(ours.START)
    own = quiet - start if quiet is not None and start is not None else None
    yield Target(
        "quiet sync of 200,000 applications: CPU without start, as a multiple of the bare loop's",
        1.3,
        _ratio(own, cpu(ours.BARE)),
    )


def _privacy(results: Results) -> Iterator[Target]:
    full, hidden = (results.median((mode, SMALL, 0)) for mode in (ours.FULL, ours.PSEUDONYMOUS))
    yield Target(
        "applications and candidates of 200,000 applications, pseudonymous: time, as a multiple of"
        " that of full mode",
        1.1,
        _ratio(hidden, full),
    )


def _start(results: Results) -> Iterator[Target]:
    imported = results.median((ours.CDK, 0, 0))
    for command, limit in (("spec", 0.7), ("discover", 1.0), ("check", 1.0)):
        yield Target(
            f"{command}: time, as a multiple of that of import airbyte_cdk",
            limit,
            _ratio(results.median((command, 0, 0)), imported),
        )


def _memory(results: Results) -> Iterator[Target]:
    small, large = (results.median((ours.EVERYTHING, n, 0), "peak") for n in (SMALL, LARGE))
    grown = (large - small) * 1e6 / (LARGE - SMALL) if small and large else None
    yield Target("full read: bytes of memory per further application", 250, grown)
    yield Target("full read of 1,000,000 applications: MB of memory", 400, large)


def _loading(results: Results) -> Iterator[Target]:
    targets = {
        (loading.PYAIRBYTE, loading.POSTGRES): 3,
        (loading.PYAIRBYTE, loading.DUCKDB): 2,
        (loading.DLT, loading.POSTGRES): 1,
        (loading.DLT, loading.DUCKDB): 1,
    }
    for (party, warehouse), times in targets.items():
        for situation in loading.SITUATIONS:
            if party == loading.DLT and situation == loading.DELTA:
                continue
            keys = (
                (loading.who(each, warehouse, situation), 100_000, 0)
                for each in (party, loading.OURS)
            )
            yield Target(
                f"phenom sync of 100,000 applications into {warehouse}{situation}:"
                f" times as fast as {party}",
                times,
                _ratio(*map(results.median, keys)),
                at_least=True,
            )


def _marts(results: Results) -> Iterator[Target]:
    for warehouse in marts.WAREHOUSES:
        yield Target(
            f"dbt build with all tests over 100,000 applications in {warehouse}: seconds",
            60,
            results.median((marts.who(marts.BUILD, warehouse), 100_000, 0)),
        )


def _deltas(results: Results) -> Iterator[Target]:
    def most_requests(who: str) -> float | None:
        counts = (results.median((who, LARGE, ms), "requests") for ms in deltas.LATENCIES)
        return max((count for count in counts if count is not None), default=None)

    quiet, new = most_requests(deltas.QUIET), most_requests(deltas.NEW)
    pages = deltas.NEW_APPLICATIONS / deltas.PAGE
    yield Target("delta of 1,000,000 applications, nothing new: requests", 12, quiet)
    yield Target(
        "delta of 1,000,000 applications, 1,000 new: requests besides the pages of what is new",
        12,
        new - pages if new is not None else None,
    )
    yield Target(
        "delta of 1,000,000 applications, nothing new, 50 ms: seconds",
        3,
        results.median((deltas.QUIET, LARGE, 50)),
    )
    for latency, times in ((0, 20), (200, 100)):
        yield Target(
            f"delta of 1,000,000 applications, nothing new, {latency} ms: times as fast as a full"
            " scan",
            times,
            _ratio(*(results.median((w, LARGE, latency)) for w in (deltas.FULL, deltas.QUIET))),
            at_least=True,
        )


def _ratio(over: float | None, under: float | None) -> float | None:
    return over / under if over is not None and under else None

"""Writes tables of the results into ``README.md``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from benchmarks import HERE, deltas, loading, marts, ours, readers
from benchmarks.results import Key, Results
from benchmarks.targets import Target, targets

README = HERE / "README.md"


def write() -> None:
    """Fills each place between ``<!-- name -->`` and ``<!-- /name -->`` that has results."""
    text = README.read_text(encoding="utf-8")
    for name, section in SECTIONS.items():
        lines = list(section())
        if lines:
            before, _, rest = text.partition(f"<!-- {name} -->")
            _, _, after = rest.partition(f"<!-- /{name} -->")
            filled = [f"<!-- {name} -->", *lines, f"<!-- /{name} -->"]
            text = before + "\n".join(filled) + after
    README.write_text(text, encoding="utf-8")


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    names = list(head)
    yield f"| {' | '.join(names)} |"
    yield f"| --- |{' ---: |' * (len(names) - 1)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _targets() -> Iterator[str]:
    contents = [Results(name).content for name in SECTIONS if name != "targets"]
    measured = [content for content in contents if content["runs"] or content["figures"]]
    code = dict.fromkeys(content["machine"]["code"] for content in measured)
    yield f"Measured {'; '.join(code)}."
    yield ""
    yield from _table(("target", "limit", "measured", ""), map(_target, targets()))


def _target(target: Target) -> tuple[str, ...]:
    limit = f"{'≥' if target.at_least else '≤'} {target.limit:g}"
    measured = "" if target.measured is None else f"{target.measured:.3g}"
    met = {None: "open", True: "met", False: "**missed**"}[target.met]
    return target.text, limit, measured, met


def _machine(results: Results) -> str:
    about = results.content["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    return (
        f"Measured on {about['date']}, {about['code']}: {about['processor']}, {about['cores']}"
        f" cores, load {about['load']} at the beginning, Python {about['python']}, {versions}."
    )


def _medians(results: Results, keys: Iterable[Key]) -> str:
    numbers = [results.number_of_runs(key) for key in keys]
    fewest, most = min(numbers), max(numbers)
    if most == 1:
        return "One run each."
    return f"Medians of {most if fewest == most else f'{fewest} to {most}'} runs."


def _readers() -> Iterator[str]:
    results = Results("readers")
    keys = [key for key in results.measured() if key[0] in readers.READERS]
    if not keys:
        return
    yield f"{_machine(results)} {_medians(results, keys)}"
    for latency in sorted({latency for _, _, latency in keys}):
        yield from ("", f"### {latency} ms latency", "")
        head = ("applications, reader", "wall s", "records/s", "CPU s", "peak MB")
        yield from _table(
            (*head, "wall / ours", "CPU / ours", "peak / ours"),
            (_reader(results, key) for key in sorted(keys, key=_order) if key[2] == latency),
        )
    for size in sorted({size for _, size, _ in keys}):
        margin = readers.tenant_margin(results, size)
        if margin is not None:
            wall = results.median((readers.DRAIN, size, 0)) or 0.0
            yield ""
            yield (
                f"A client that only reads gets {size / wall:,.0f} applications per second from the"
                f" tenant: {margin:.1f} times as many as the fastest reader."
            )


def _order(key: Key) -> tuple[int, int]:
    return key[1], list(readers.READERS).index(key[0])


def _reader(results: Results, key: Key) -> Iterator[str]:
    name, size, latency = key
    figures = {figure: results.median(key, figure) or 0.0 for figure in ("wall", "cpu", "peak")}
    yield f"{size:,}, {name}"
    yield f"{figures['wall']:.1f}"
    yield f"{size / figures['wall']:,.0f}"
    yield f"{figures['cpu']:.1f}"
    yield f"{figures['peak']:.0f}"
    for figure, value in figures.items():
        own = results.median((readers.OURS, size, latency), figure)
        yield f"{value / own:.2f}" if own else ""


def _plain(name: str, order: Iterable[str]) -> Iterator[str]:
    """A table of one benchmark's runs: wall, CPU and peak."""
    results = Results(name)
    wanted = list(order)
    keys = [key for key in results.measured() if key[0] in wanted]
    if not keys:
        return
    yield f"{_machine(results)} {_medians(results, keys)}"
    yield ""
    sizes = any(size for _, size, _ in keys)
    yield from _table(
        ("applications, what" if sizes else "what", "wall s", "CPU s", "peak MB"),
        (
            (
                f"{key[1]:,}, {key[0]}" if key[1] else key[0],
                f"{results.median(key):.2f}",
                f"{results.median(key, 'cpu'):.2f}",
                f"{results.median(key, 'peak'):.0f}",
            )
            for key in sorted(keys, key=lambda key: (key[1], wanted.index(key[0])))
        ),
    )


def _loading() -> Iterator[str]:
    parties = [
        loading.who(party, warehouse, situation)
        for warehouse in (loading.DUCKDB, loading.POSTGRES)
        for situation in loading.SITUATIONS
        for party in (loading.OURS, loading.PYAIRBYTE, loading.DLT)
    ]
    yield from _plain("loading", parties)
    results = Results("loading")
    ratios = [
        (
            f"{size:,}, {warehouse}{situation}",
            *(
                f"{theirs / own:.2f}" if theirs else "–"
                for party in (loading.PYAIRBYTE, loading.DLT)
                for theirs in [results.median((loading.who(party, warehouse, situation), size, 0))]
            ),
        )
        for size in sorted({size for _, size, _ in results.measured()})
        for warehouse in (loading.DUCKDB, loading.POSTGRES)
        for situation in loading.SITUATIONS
        if (own := results.median((loading.who(loading.OURS, warehouse, situation), size, 0)))
    ]
    if ratios:
        yield ""
        yield from _table(
            ("phenom sync is faster", "than PyAirbyte, times", "than dlt, times"), ratios
        )


def _deltas() -> Iterator[str]:
    results = Results("deltas")
    keys = results.measured()
    if not keys:
        return
    yield f"{_machine(results)} {_medians(results, keys)}"
    for size in sorted({size for _, size, _ in keys}):
        yield from ("", f"### {size:,} applications", "")
        yield from _table(
            ("latency, what", "requests", "wall s", "CPU s", "peak MB", "full scan / wall"),
            (
                _delta(results, key)
                for key in sorted(keys, key=lambda key: (key[2], deltas.KINDS.index(key[0])))
                if key[1] == size
            ),
        )


def _delta(results: Results, key: Key) -> Iterator[str]:
    name, size, latency = key
    wall = results.median(key) or 0.0
    full = results.median((deltas.FULL, size, latency))
    yield f"{latency} ms, {name}"
    yield f"{results.median(key, 'requests') or 0:,.0f}"
    yield f"{wall:.2f}"
    yield f"{results.median(key, 'cpu') or 0.0:.2f}"
    yield f"{results.median(key, 'peak') or 0.0:.0f}"
    yield f"{full / wall:.3g}" if full and wall else ""


def _state() -> Iterator[str]:
    results = Results("state")
    measured = results.content["figures"]
    if not measured:
        return
    yield f"{_machine(results)} One run each."
    yield ""
    columns = [name for name in measured[0] if name not in ("kind", "records")]
    yield from _table(
        ("keys", "records", *columns),
        (
            (row["kind"], f"{row['records']:,}", *(f"{row[column]:.2f}" for column in columns))
            for row in measured
        ),
    )


SECTIONS: dict[str, Callable[[], Iterator[str]]] = {
    "targets": _targets,
    "readers": _readers,
    "deltas": _deltas,
    "quiet": lambda: _plain("quiet", (ours.START, ours.BARE, ours.QUIET)),
    "privacy": lambda: _plain("privacy", (ours.FULL, ours.PSEUDONYMOUS)),
    "startup": lambda: _plain("startup", (ours.PYTHON, "spec", "discover", "check", ours.CDK)),
    "memory": lambda: _plain("memory", (ours.EVERYTHING,)),
    "state": _state,
    "loading": _loading,
    "marts": lambda: _plain(
        "marts",
        [
            marts.who(what, warehouse)
            for warehouse in marts.WAREHOUSES
            for what in (marts.BUILD, marts.REPORT)
        ],
    ),
}

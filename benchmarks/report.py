"""Tables in ``README.md`` and a picture beside it, out of what ``results/`` holds."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from benchmarks import HERE, chart, loading, ours, readers
from benchmarks.results import Key, Results
from benchmarks.targets import Target, targets

README = HERE / "README.md"
PICTURE = HERE / "readers.svg"


def write() -> None:
    """Fills each place between ``<!-- name -->`` and ``<!-- /name -->`` whose results are there."""
    text = README.read_text(encoding="utf-8")
    for name, rows in SECTIONS.items():
        lines = list(rows())
        if lines:
            before, place, rest = text.partition(f"<!-- {name} -->")
            if not place:
                continue
            after = rest.partition(f"<!-- /{name} -->")[2]
            filled = [f"<!-- {name} -->", *lines, f"<!-- /{name} -->"]
            text = before + "\n".join(filled) + after
    README.write_text(text, encoding="utf-8")
    picture = chart.picture(Results("readers"))
    if picture:
        PICTURE.write_text(picture, encoding="utf-8")


def _table(head: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    names = list(head)
    yield f"| {' | '.join(names)} |"
    yield f"| --- |{' ---: |' * (len(names) - 1)}"
    for row in rows:
        yield f"| {' | '.join(row)} |"


def _targets() -> Iterator[str]:
    found = targets()
    if any(target.measured is not None for target in found):
        yield from _table(("target", "limit", "measured", ""), map(_target, found))


def _target(target: Target) -> tuple[str, ...]:
    limit = f"{'≥' if target.at_least else '≤'} {target.limit:g}"
    measured = "" if target.measured is None else f"{target.measured:.3g}"
    return (
        target.text,
        limit,
        measured,
        {None: "open", True: "met", False: "**missed**"}[target.met],
    )


def _machine(results: Results, keys: Iterable[Key]) -> str:
    about = results.content["machine"]
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    runs = [results.number_of_runs(key) for key in keys]
    fewest, most = min(runs), max(runs)
    return (
        f"Measured on {about['date']}: {about['processor']}, {about['cores']} cores, load"
        f" {about['load']} at the beginning, Python {about['python']}, {versions}. Medians of"
        f" {most if fewest == most else f'{fewest} to {most}'} runs."
    )


def _readers() -> Iterator[str]:
    results = Results("readers")
    keys = [key for key in results.measured() if key[0] in readers.READERS]
    if not keys:
        return
    yield _machine(results, keys)
    for latency in sorted({latency for _, _, latency in keys}):
        yield from ("", f"### {latency} ms latency", "")
        head = ("applications, reader", "wall s", "records/s", "CPU s", "peak MB")
        yield from _table(
            (*head, "wall / ours", "CPU / ours", "peak / ours"),
            (_reader(results, key) for key in sorted(keys, key=_order) if key[2] == latency),
        )
    skipped = [
        f"{skip['who']} at {skip['applications']:,} and {skip['latency_ms']} ms ({skip['why']})"
        for skip in results.content["skipped"]
    ]
    if skipped:
        yield from ("", f"Skipped: {'; '.join(skipped)}.")
    for size in sorted({size for _, size, _ in keys}):
        margin = readers.tenants_margin(results, size)
        if margin is not None:
            wall = results.median((readers.DRAIN, size, 0)) or 0.0
            yield ""
            yield (
                f"To a client that only drains it the tenant serves {size / wall:,.0f} of {size:,}"
                f" applications per second, {margin:.1f} times what the fastest reader takes."
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
    """A table of one measure's runs: wall, CPU and peak."""
    results = Results(name)
    wanted = list(order)
    keys = [key for key in results.measured() if key[0] in wanted]
    if not keys:
        return
    yield _machine(results, keys)
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
        loading.who(party, warehouse, again=again)
        for warehouse in (loading.DUCKDB, loading.POSTGRES)
        for again in (False, True)
        for party in (loading.OURS, loading.PYAIRBYTE, loading.DLT)
    ]
    yield from _plain("loading", parties)
    results = Results("loading")
    ratios = [
        (
            f"{size:,}, {warehouse}{loading.AGAIN if again else ''}",
            *(
                f"{theirs / own:.2f}"
                for party in (loading.PYAIRBYTE, loading.DLT)
                if (theirs := results.median((loading.who(party, warehouse, again=again), size, 0)))
            ),
        )
        for size in sorted({size for _, size, _ in results.measured()})
        for warehouse in (loading.DUCKDB, loading.POSTGRES)
        for again in (False, True)
        if (own := results.median((loading.who(loading.OURS, warehouse, again=again), size, 0)))
    ]
    if ratios:
        yield ""
        yield from _table(
            ("phenom sync is faster", "than PyAirbyte, times", "than dlt, times"), ratios
        )


def _state() -> Iterator[str]:
    content = Results("state").content
    for name, row in content.items():
        if name.startswith("state of "):
            figures = ", ".join(f"{figure} {value:g}" for figure, value in row.items())
            yield f"{name} records: {figures}"


SECTIONS: dict[str, Callable[[], Iterator[str]]] = {
    "targets": _targets,
    "readers": _readers,
    "streams": lambda: _plain("streams", (ours.ONE, ours.OTHER, ours.BOTH)),
    "quiet": lambda: _plain("quiet", (ours.START, ours.BARE, ours.QUIET)),
    "startup": lambda: _plain("startup", (ours.PYTHON, "spec", "discover", "check", ours.CDK)),
    "memory": lambda: _plain("memory", (ours.ONE, ours.EVERYTHING)),
    "state": _state,
    "loading": _loading,
}

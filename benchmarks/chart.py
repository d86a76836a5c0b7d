"""Records per second against the size of the listing: one picture per latency, side by side."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from html import escape

from benchmarks import readers
from benchmarks.results import Results

WIDTH, HEIGHT = 330, 300
LEFT, TOP, BOTTOM, LEGEND = 62, 40, 46, 190
# The connector and the loop stand out; the peers come in the order of READERS.
COLOURS = ("#8a8a8a", "#c2185b", "#1565c0", "#2e7d32", "#7cb342", "#ef6c00", "#ffb300")

Line = Sequence[tuple[int, float]]
"""Points: applications, records per second."""


def lines(results: Results, latency: int) -> dict[str, Line]:
    """What was measured at that latency, per reader."""
    found: dict[str, Line] = {}
    for name in readers.READERS:
        sizes = sorted(n for who, n, ms in results.measured() if (who, ms) == (name, latency))
        walls = [(n, results.median((name, n, latency))) for n in sizes]
        found[name] = [(n, n / wall) for n, wall in walls if wall]
    return {name: line for name, line in found.items() if line}


def picture(results: Results) -> str:
    """An SVG document; both axes are logarithmic."""
    latencies = sorted({ms for who, _, ms in results.measured() if who in readers.READERS})
    panels = {latency: lines(results, latency) for latency in latencies}
    points = [point for panel in panels.values() for line in panel.values() for point in line]
    if not points:
        return ""
    across = _Scale([n for n, _ in points], LEFT, WIDTH - 14)
    up = _Scale([pace for _, pace in points], HEIGHT - BOTTOM, TOP)
    width = WIDTH * len(panels) + LEGEND
    size = f'width="{width}" height="{HEIGHT}"'
    body = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {HEIGHT}" {size}>',
        f'<rect {size} fill="white"/>',
        '<g font-family="sans-serif" font-size="11">',
    ]
    for number, (latency, panel) in enumerate(panels.items()):
        body.append(f'<g transform="translate({number * WIDTH} 0)">')
        body += _panel(f"{latency} ms latency", panel, across, up)
        body.append("</g>")
    body += _legend(width - LEGEND + 10, list(dict.fromkeys(n for p in panels.values() for n in p)))
    return "\n".join([*body, "</g>", "</svg>", ""])


class _Scale:
    """From values to places between ``start`` and ``end``."""

    def __init__(self, values: Sequence[float], start: float, end: float) -> None:
        self._low = math.floor(math.log10(min(values)) * 2) / 2
        self._high = max(math.ceil(math.log10(max(values)) * 2) / 2, self._low + 0.5)
        self._start, self._end = start, end

    def place(self, value: float) -> float:
        share = (math.log10(value) - self._low) / (self._high - self._low)
        return round(self._start + share * (self._end - self._start), 1)

    def ticks(self) -> list[int]:
        """1, 2 and 5 times the powers of ten."""
        powers = range(math.floor(self._low), math.ceil(self._high) + 1)
        every = (digit * 10**power for power in powers if power >= 0 for digit in (1, 2, 5))
        return [n for n in every if self._low <= math.log10(n) + 1e-9 <= self._high + 1e-9]


def _panel(title: str, panel: Mapping[str, Line], across: _Scale, up: _Scale) -> Iterator[str]:
    middle = (LEFT + WIDTH - 14) / 2
    yield f'<text x="{middle}" y="20" text-anchor="middle" font-weight="bold">{title}</text>'
    for tick in up.ticks():
        y = up.place(tick)
        yield f'<path d="M{LEFT} {y}H{WIDTH - 14}" stroke="#e3e3e3"/>'
        yield f'<text x="{LEFT - 6}" y="{y + 4}" text-anchor="end">{tick:,}</text>'
    for size in sorted({n for line in panel.values() for n, _ in line}):
        x = across.place(size)
        yield f'<path d="M{x} {TOP}V{HEIGHT - BOTTOM}" stroke="#e3e3e3"/>'
        yield f'<text x="{x}" y="{HEIGHT - BOTTOM + 16}" text-anchor="middle">{size:,}</text>'
    yield (
        f'<text x="{middle}" y="{HEIGHT - 10}" text-anchor="middle" fill="#555">'
        "applications in the listing</text>"
    )
    yield (
        f'<text transform="translate(12 {(TOP + HEIGHT - BOTTOM) / 2}) rotate(-90)"'
        ' text-anchor="middle" fill="#555">records per second</text>'
    )
    for name, line in panel.items():
        places = [(across.place(n), up.place(pace)) for n, pace in line]
        path = " ".join(f"{x},{y}" for x, y in places)
        colour = _colour(name)
        width = 3 if name == readers.OURS else 1.6
        yield f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"/>'
        for x, y in places:
            yield f'<circle cx="{x}" cy="{y}" r="{width}" fill="{colour}"/>'


def _legend(x: int, names: Sequence[str]) -> Iterator[str]:
    for number, name in enumerate(names):
        y = TOP + 10 + number * 20
        yield f'<path d="M{x} {y - 4}h22" stroke="{_colour(name)}" stroke-width="3"/>'
        yield f'<text x="{x + 28}" y="{y}">{escape(name)}</text>'


def _colour(name: str) -> str:
    return COLOURS[list(readers.READERS).index(name) % len(COLOURS)]

"""``docs/streams.svg``: the streams as boxes of columns, with an arrow for every reference.

Streams stand in layers from left to right, each to the left of those that it refers to; an arrow
leaves from its column and ends at the ``id`` of the stream that it means.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import combinations, pairwise
from pathlib import Path
from xml.sax.saxutils import escape

from docs.reference.column_types import column_type
from docs.reference.relations import REFERENCES
from source_phenom import manifest

PATH = Path(__file__).parents[1] / "streams.svg"

WIDTH, GAP = 268, 132
"""Of a box, and between two layers; all lengths are in pixels."""
HEADER, ROW, SPACE, MARGIN = 30, 19, 30, 24
_PASSAGE = 10
"""Height of the gap that an arrow takes through a layer on its way."""
_CROSSING = 400
"""How much longer an arrow may be to avoid crossing another."""

_STYLE = """\
    text { font: 12px ui-monospace, Menlo, Consolas, 'DejaVu Sans Mono', monospace }
    text { fill: #1f2328 }
    .ground { fill: #ffffff }
    .box { fill: #f6f8fa; stroke: #8c959f }
    .head { fill: #0b6e63 }
    .name { font-weight: bold; font-size: 13px; fill: #ffffff }
    .type { fill: #57606a; text-anchor: end }
    .refers { font-weight: bold; fill: #8a3b12 }
    .line { stroke: #d0d7de }
    .arrow { fill: none; stroke: #b4540a; stroke-width: 1.6 }
    .tip { fill: #b4540a }
    @media (prefers-color-scheme: dark) {
      text { fill: #e6edf3 }
      .ground { fill: #0d1117 }
      .box { fill: #161b22; stroke: #6e7681 }
      .head { fill: #0f766e }
      .type { fill: #9da7b3 }
      .refers { fill: #ffb277 }
      .line { stroke: #30363d }
      .arrow { stroke: #f0883e }
      .tip { fill: #f0883e }
    }
"""
_TIP = (
    '<marker id="tip" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" '
    'orient="auto"><path class="tip" d="M0 0 10 5 0 10z"/></marker>'
)


@dataclass(eq=False)
class Box:
    """A stream, or the gap that a long arrow passes a layer by (then without columns)."""

    name: str
    layer: int
    columns: dict[str, str] = field(default_factory=dict)
    top: float = 0.0

    @property
    def height(self) -> float:
        return HEADER + ROW * len(self.columns) + 6 if self.columns else _PASSAGE

    @property
    def middle(self) -> float:
        return self.top + self.height / 2

    @property
    def left(self) -> float:
        return MARGIN + self.layer * (WIDTH + GAP)

    def row(self, column: str) -> float:
        """The middle of a column's line."""
        return self.top + HEADER + ROW * list(self.columns).index(column) + ROW / 2 + 2


@dataclass(frozen=True)
class Arrow:
    """From a column to a stream's id, by way of the gaps in the layers between."""

    column: str
    way: tuple[Box, ...]


Link = tuple[Box, str, Box]
"""A stretch of an arrow: from a box, or from a column of it, to the next."""


def picture() -> str:
    """The whole picture, as SVG."""
    boxes, arrows = _layout(manifest.stream_names())
    width = max(box.left for box in boxes) + WIDTH + MARGIN
    height = max(box.top + box.height for box in boxes) + MARGIN
    parts = [
        f"<svg {_attributes(width, height)}>",
        '  <title id="title">The streams, their columns and which refer to which</title>',
        f"  <style>\n{_STYLE}  </style>",
        f"  <defs>{_TIP}</defs>",
        f'  <rect class="ground" width="{width:g}" height="{height:g}"/>',
        *(_drawn_arrow(arrow) for arrow in arrows),
        *(line for box in boxes if box.columns for line in _drawn_box(box)),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"


def _attributes(width: float, height: float) -> str:
    return (
        f'xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width:g} {height:g}" '
        f'width="{width:g}" height="{height:g}" role="img" aria-labelledby="title"'
    )


def _layout(streams: Iterable[str]) -> tuple[list[Box], list[Arrow]]:
    layers = _layers(list(streams))
    boxes = {name: Box(name, layer, _columns(name)) for name, layer in layers.items()}
    everything, arrows = list(boxes.values()), []
    for reference in REFERENCES:
        start, end = boxes[reference.stream], boxes[reference.target]
        passages = [
            Box(f"{reference.stream}.{reference.column}", layer)
            for layer in range(start.layer + 1, end.layer)
        ]
        everything += passages
        arrows.append(Arrow(reference.column, (start, *passages, end)))
    _place(everything, arrows)
    return everything, arrows


def _layers(streams: list[str]) -> dict[str, int]:
    """The layer of each stream: left of all that it refers to, as near to them as can be.

    A stream to which others refer stands right behind the nearest of them.
    """
    depth = dict.fromkeys(streams, 0)
    links = [(each.stream, each.target) for each in REFERENCES]
    for _ in streams:
        for stream, target in links:
            depth[target] = max(depth[target], depth[stream] + 1)
    # Those that nothing refers to move to the right, up to what they refer to.
    for stream in streams:
        targets = [depth[target] for origin, target in links if origin == stream]
        if targets and not any(target == stream for _, target in links):
            depth[stream] = min(targets) - 1
    return depth


def _columns(stream: str) -> dict[str, str]:
    properties = manifest.schema(stream)["properties"]
    return {name: column_type(column) for name, column in properties.items()}


def _place(boxes: list[Box], arrows: list[Arrow]) -> None:
    """Order each layer so that arrows are short and cross little: swap two while that helps."""
    layers = [
        [box for box in boxes if box.layer == layer]
        for layer in range(max(box.layer for box in boxes) + 1)
    ]
    links = [link for arrow in arrows for link in _links(arrow)]
    swaps = [
        (layer, one, other) for layer in layers for one, other in combinations(range(len(layer)), 2)
    ]
    _stack(layers)
    cost, before = _cost(links), float("inf")
    while cost < before:
        before = cost
        for layer, one, other in swaps:
            layer[one], layer[other] = layer[other], layer[one]
            _stack(layers)
            if (swapped := _cost(links)) < cost:
                cost = swapped
            else:
                layer[one], layer[other] = layer[other], layer[one]
    _stack(layers)


def _links(arrow: Arrow) -> Iterator[Link]:
    """An arrow's stretches between neighbouring layers."""
    for start, end in pairwise(arrow.way):
        yield start, arrow.column if start.columns else "", end


def _ends(link: Link) -> tuple[float, float]:
    start, column, end = link
    return (
        start.row(column) if column else start.middle,
        end.row(manifest.PRIMARY_KEY) if end.columns else end.middle,
    )


def _cost(links: list[Link]) -> float:
    ends = [(start.layer, *_ends((start, column, end))) for start, column, end in links]
    crossings = sum(
        layer == other and (left - other_left) * (right - other_right) < 0
        for (layer, left, right), (other, other_left, other_right) in combinations(ends, 2)
    )
    return _CROSSING * crossings + sum(abs(left - right) for _, left, right in ends)


def _stack(layers: list[list[Box]]) -> None:
    heights = [sum(box.height + SPACE for box in layer) - SPACE for layer in layers]
    for layer, height in zip(layers, heights, strict=True):
        top = MARGIN + (max(heights) - height) / 2
        for box in layer:
            box.top = top
            top += box.height + SPACE


def _drawn_box(box: Box) -> Iterable[str]:
    x, y = box.left, box.top
    referring = {each.column for each in REFERENCES if each.stream == box.name}
    yield f'  <g id="{box.name}" transform="translate({x:g} {y:g})">'
    yield f'    <rect class="box" width="{WIDTH}" height="{box.height:g}" rx="6"/>'
    outline = f"M0 {HEADER}V6a6 6 0 0 1 6-6H{WIDTH - 6}a6 6 0 0 1 6 6V{HEADER}z"
    yield f'    <path class="head" d="{outline}"/>'
    yield f'    <text class="name" x="10" y="20">{escape(box.name)}</text>'
    for number, (column, kind) in enumerate(box.columns.items()):
        base = HEADER + ROW * number + 16
        if number:
            line = base - 14
            yield f'    <path class="line" d="M8 {line}H{WIDTH - 8}"/>'
        refers = ' class="refers"' if column in referring else ""
        yield f'    <text{refers} x="10" y="{base}">{escape(column)}</text>'
        yield f'    <text class="type" x="{WIDTH - 10}" y="{base}">{kind}</text>'
    yield "  </g>"


def _drawn_arrow(arrow: Arrow) -> str:
    """Leaves to the right from its column, passes through gaps, ends left of the target's id."""
    start, end = arrow.way[0], arrow.way[-1]
    path = ""
    for link in _links(arrow):
        (box, _, following), (y, to_y) = link, _ends(link)
        x, to_x = box.left + WIDTH, following.left
        path += f"H{x:g}" if path else f"M{x:g} {y:g}"
        bend = (x + to_x) / 2
        path += f"C{bend:g} {y:g} {bend:g} {to_y:g} {to_x:g} {to_y:g}"
    title = f"{start.name}.{arrow.column} refers to {end.name}.{manifest.PRIMARY_KEY}"
    return f'  <path class="arrow" marker-end="url(#tip)" d="{path}"><title>{title}</title></path>'

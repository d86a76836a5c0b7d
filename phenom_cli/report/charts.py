"""Describes the pictures in Vega-Lite. Small pictures of one thing each, for any screen.

Colours are names of the page's style (`COLORS`), so that a picture follows light and dark.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

Chart = dict[str, Any]

COLORS = {"ink": "#101112", "muted": "#707172", "accent": "#204060", "soft": "#b0c0d0"}
"""What the library draws with, and the style's variable that takes its place."""

WIDTH = 300  # pixels of a whole picture
_LABELS = 138
# A browser's letters may be wider than those that the library measured.
_SPARE = 26
_BAR = 20  # pixels for a bar and the space to the next


def bars(rows: Sequence[tuple[str, float]], unit: str = "", labels: int = _LABELS) -> Chart:
    """Horizontal bars, one a row in the given order, each with its label and its number.

    :param labels: pixels for the labels.
    """
    values = [
        {"place": place, "value": value, "shown": _number(value) + unit}
        for place, (_, value) in enumerate(rows)
    ]
    place = _places([label for label, _ in rows], labels)
    length = {
        "field": "value",
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [0, max((value for _, value in rows), default=0) * 1.32 or 1]},
    }
    return _chart(
        values,
        len(rows) * _BAR,
        [
            {
                "mark": {"type": "bar", "color": COLORS["accent"], "height": 13},
                "encoding": {"y": place, "x": length},
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 4, "color": COLORS["ink"]},
                "encoding": {"y": place, "x": length, "text": {"field": "shown"}},
            },
        ],
        width=WIDTH - labels - 12,
    )


def ranges(rows: Sequence[tuple[str, float, float, float]]) -> Chart:
    """A line from the first to the third quartile and a dot on the median, one a row, in days."""
    values = [
        {"place": place, "low": low, "value": middle, "high": high}
        for place, (_, low, middle, high) in enumerate(rows)
    ]
    place = _places([label for label, *_ in rows])

    def days(field: str) -> Chart:
        return {
            "field": field,
            "type": "quantitative",
            "axis": {"title": None, "grid": False, "tickCount": 4, "labelColor": COLORS["muted"],
                     "domainColor": COLORS["muted"], "tickColor": COLORS["muted"]},
            "scale": {"domainMin": 0, "nice": True},
        }  # fmt: skip

    return _chart(
        values,
        len(rows) * _BAR,
        [
            {
                "mark": {"type": "rule", "strokeWidth": 6, "color": COLORS["soft"]},
                "encoding": {"y": place, "x": days("low"), "x2": {"field": "high"}},
            },
            {
                "mark": {"type": "point", "filled": True, "size": 60, "opacity": 1,
                         "color": COLORS["accent"]},
                "encoding": {"y": place, "x": days("value")},
            },
        ],
        width=WIDTH - _LABELS - 16,
    )  # fmt: skip


def _places(labels: Sequence[str], width: int = _LABELS) -> Chart:
    """The rows of a picture from top to bottom. Two rows may have the same label."""
    return {
        "field": "place",
        "type": "ordinal",
        "axis": {"title": None, "labelExpr": f"{json.dumps(labels)}[datum.value]",
                 "labelLimit": width - _SPARE, "minExtent": width, "maxExtent": width,
                 "ticks": False, "domain": False, "labelPadding": 5,
                 "labelColor": COLORS["ink"]},
    }  # fmt: skip


def columns(rows: Sequence[tuple[str, float]], highest: float, height: int = 90) -> Chart:
    """A column per month (`2025-01`); all pictures with one ``highest`` have one scale."""
    values = [{"month": month, "value": value} for month, value in rows]
    # A picture without a January names its first month.
    years = [month for month, _ in rows if month.endswith("-01")]
    named = years or [month for month, _ in rows[:1]]
    return _chart(
        values,
        height,
        [
            {
                "mark": {"type": "bar", "color": COLORS["accent"]},
                "encoding": {
                    "x": {
                        "field": "month",
                        "type": "ordinal",
                        "sort": None,
                        "axis": {
                            "title": None,
                            "values": named,
                            "labelExpr": "slice(datum.label, 0, 4)" if years else "datum.label",
                            "labelAngle": 0,
                            "labelColor": COLORS["muted"],
                            "domainColor": COLORS["muted"],
                            "tickColor": COLORS["muted"],
                        },
                    },
                    "y": {
                        "field": "value",
                        "type": "quantitative",
                        "scale": {"domain": [0, highest or 1]},
                        "axis": {
                            "title": None,
                            "grid": False,
                            "tickCount": 3,
                            "minExtent": 26,
                            "labelColor": COLORS["muted"],
                            "domain": False,
                            "tickColor": COLORS["muted"],
                        },
                    },
                },
            }
        ],
        width=WIDTH - 44,
    )


def _chart(
    values: list[dict[str, Any]], height: int, layer: list[dict[str, Any]], width: int
) -> Chart:
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "width": width,
        "height": height,
        "padding": 4,
        "background": None,
        "data": {"values": values},
        "layer": layer,
        "config": {"aria": False, "font": "sans-serif", "view": {"stroke": None},
                   "axis": {"labelFontSize": 12}, "text": {"fontSize": 12}},
    }  # fmt: skip


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:.1f}"


_OPENING = re.compile(r"<svg [^>]*?viewBox=\"([^\"]+)\"[^>]*>")
_IDS = re.compile(r'(\bid="|url\(#)([^")]+)')


def on_page(svg: str, alternative: str, number: int) -> str:
    """A drawn picture for the page: with its alternative text, and the colours of the style.

    :param number: of the picture on the page, because ids must differ there.
    """
    for name, color in COLORS.items():
        svg = svg.replace(color, f"var(--{name})")
    svg = _IDS.sub(rf"\g<1>picture{number}-\g<2>", svg)
    box = _OPENING.search(svg)
    if box is None:
        raise ValueError("the plotting library drew no SVG")
    width = box.group(1).split()[2]
    opening = (
        f'<svg viewBox="{box.group(1)}" role="img" aria-label="{escape(alternative)}"'
        f' style="width:{width}px">'
    )
    return opening + svg[box.end() :]


def sentence(rows: Sequence[tuple[str, float]], unit: str = "") -> str:
    """The rows of a picture in words, for its alternative text."""
    return ", ".join(f"{label} {_number(value)}{unit}" for label, value in rows)


def by_label(rows: Sequence[Sequence[Any]]) -> Mapping[str, list[tuple[str, float]]]:
    """Rows of three columns, grouped by the first."""
    groups: dict[str, list[tuple[str, float]]] = {}
    for first, label, value in rows:
        groups.setdefault(str(first), []).append((str(label), value))
    return groups

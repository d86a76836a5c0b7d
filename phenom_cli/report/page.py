"""Writes the page: HTML with style and pictures in it, no script, nothing from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from html import escape
from importlib.resources import files
from typing import Any

from phenom_cli.report import charts
from phenom_cli.report.charts import Chart
from phenom_cli.report.figures import Figures, Row

_MOST_SOURCES = 8
_MOST_DEPARTMENTS = 12
_LONGEST_TABLE = 20
_NEEDS_USER = (
    "Not shown: hiring statuses are read on behalf of an acting user (ph_user_id), and this"
    " warehouse has none."
)
_SECTIONS: tuple[str, ...] = (
    "Open jobs",
    "Applications",
    "Funnel",
    "Time in stage",
    "Time to fill",
    "Recruiters",
    "Data quality",
    "Freshness",
)


@dataclass
class Picture:
    """``caption`` stands above it, ``alternative`` says in words what it shows."""

    caption: str
    chart: Chart
    alternative: str


@dataclass
class ReportSection:
    title: str
    about: str
    pictures: list[Picture]
    table: str = ""


def sections(figures: Figures) -> list[ReportSection]:
    """The page's sections, in order, with descriptions of their pictures."""
    make = (
        _open_jobs,
        _applications,
        _funnel,
        _time_in_stage,
        _time_to_fill,
        _recruiters,
        _data_quality,
        _freshness,
    )
    return [each(figures) for each in make]


def page(
    parts: Sequence[ReportSection],
    drawn: Sequence[str],
    figures: Figures,
    name: str,
    as_of: datetime,
) -> str:
    """The page as HTML.

    :param drawn: an SVG for each picture of the sections, in order.
    :param name: of the warehouse, without a password.
    """
    pictures = iter(enumerate(drawn))
    body = [
        "<header><h1>Recruiting</h1>",
        f"<p>{_text(name)}, up to {as_of:%Y-%m-%d %H:%M} UTC</p></header>",
        _totals(figures),
        "<nav><ul>",
        *(f'<li><a href="#{_anchor(each)}">{escape(each)}</a></li>' for each in _SECTIONS),
        "</ul></nav><main>",
    ]
    for part in parts:
        body.append(f'<section id="{_anchor(part.title)}"><h2>{escape(part.title)}</h2>')
        body.append(f"<p>{escape(part.about)}</p>")
        body.append('<div class="beside">')
        if part.pictures:
            body.append('<div class="pictures">')
        for picture in part.pictures:
            number, svg = next(pictures)
            body.append(
                f"<figure><figcaption>{_text(picture.caption)}</figcaption>"
                f"{charts.on_page(svg, picture.alternative, number)}</figure>"
            )
        if part.pictures:
            body.append("</div>")
        body.append(f"{part.table}</div></section>")
    style = files("phenom_cli.report").joinpath("page.css").read_text(encoding="utf-8")
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer"><link rel="icon" href="data:,">'
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\';'
        " style-src 'unsafe-inline'; img-src data:\">"
        f"<title>Recruiting</title><style>{style}</style></head><body>\n"
        + "\n".join(body)
        + "\n</main></body></html>\n"
    )


def _totals(figures: Figures) -> str:
    totals = figures.totals
    shown: list[tuple[str, Any]] = [
        ("open jobs", totals.open_jobs),
        ("days open (median)", totals.median_age),
        ("applications", totals.applications),
    ]
    if totals.has_outcomes:
        shown += [
            ("pending", totals.pending),
            ("hires", totals.hires),
            ("days from application to hire (median)", totals.median_days_to_hire),
            ("days to fill a job (median)", totals.median_days_to_fill),
        ]
    items = "".join(
        f"<div><dt>{escape(label)}</dt><dd>{_cell(value)}</dd></div>" for label, value in shown
    )
    return f'<dl class="totals">{items}</dl>'


def _open_jobs(figures: Figures) -> ReportSection:
    if not figures.totals.open_jobs:
        return ReportSection("Open jobs", "No job is open.", [])
    rows = [(f"{age} days", float(jobs)) for age, jobs in figures.ages]
    undated = figures.totals.open_jobs - sum(int(jobs) for _, jobs in figures.ages)
    about = f"Jobs that are open: {figures.totals.open_jobs:,}."
    if undated:
        about += f" Not in the picture, because they have no opening date: {undated:,}."
    return ReportSection(
        "Open jobs",
        about,
        [Picture("Open jobs by age", charts.bars(rows), f"Open jobs: {charts.sentence(rows)}.")],
        _table(("Oldest open jobs", "Department", "Days", "Applications"), figures.oldest_jobs),
    )


def _applications(figures: Figures) -> ReportSection:
    if not figures.sources:
        return ReportSection("Applications", _NONE, [])
    months = [str(month) for month, _ in figures.months]
    every = [(str(month), float(count)) for month, count in figures.months]
    pictures = []
    if every:
        pictures.append(
            Picture(
                "All sources",
                charts.columns(every, max(count for _, count in every)),
                f"Applications by month: {charts.sentence(every)}.",
            )
        )
    groups = charts.by_label(figures.source_months)
    shown = [str(row[0]) for row in figures.sources[:_MOST_SOURCES] if str(row[0]) in groups]
    highest = max((value for name in shown for _, value in groups[name]), default=0)
    for name in shown:
        counts = {month[:7]: value for month, value in groups[name]}
        rows = [(month, float(counts.get(month, 0))) for month in months]
        pictures.append(
            Picture(
                name,
                charts.columns(rows, highest, height=60),
                f"Applications from {name} by month: {charts.sentence(rows)}.",
            )
        )
    headings: tuple[str, ...] = ("Source", "Applications")
    table = [row[:2] for row in figures.sources]
    if figures.totals.has_outcomes:
        headings, table = (*headings, "Hires", "Per 100"), figures.sources
    return ReportSection(
        "Applications",
        "Applications by month in the last two years; the sources have one scale. The table"
        f" counts all applications.{_left_out('Sources with fewer applications', len(table))}",
        pictures,
        _table(headings, table[:_LONGEST_TABLE]),
    )


def _funnel(figures: Figures) -> ReportSection:
    if not figures.totals.has_outcomes:
        return ReportSection("Funnel", _NEEDS_USER, [])
    if not figures.funnel:
        return ReportSection("Funnel", _NONE, [])
    rows = [(str(stage), float(count)) for stage, count in figures.funnel]
    pictures = [Picture("All departments", charts.bars(rows), f"Reached: {charts.sentence(rows)}.")]
    groups = sorted(
        charts.by_label(figures.department_funnels).items(), key=lambda each: -each[1][0][1]
    )
    for name, stages in groups[:_MOST_DEPARTMENTS]:
        pictures.append(
            Picture(name, charts.bars(stages), f"{name}: reached {charts.sentence(stages)}.")
        )
    left_out = len(groups) - _MOST_DEPARTMENTS
    about = (
        "How many applications reached each stage or a later one. Each picture has its own scale."
    )
    if left_out > 0:
        about += f" Departments with fewer applications that are not shown: {left_out}."
    table = [
        (stage, int(count), 100 * count / before if before else 100.0)
        for (stage, count), before in zip(rows, [0.0, *(count for _, count in rows)], strict=False)
    ]
    return ReportSection(
        "Funnel", about, pictures, _table(("Stage", "Reached", "% of the stage before"), table)
    )


def _time_in_stage(figures: Figures) -> ReportSection:
    if not figures.stages:
        return ReportSection(
            "Time in stage", _NEEDS_USER if not figures.totals.has_outcomes else _NONE, []
        )
    rows = [(str(name), low, middle, high) for name, _, low, middle, high in figures.stages]
    words = charts.sentence([(name, middle) for name, _, middle, _ in rows], " days")
    return ReportSection(
        "Time in stage",
        "Days that applications stayed in a stage before they left it: the dot is the median, the"
        " line holds the middle half.",
        [Picture("Days in stage", charts.ranges(rows), f"Median days in stage: {words}.")],
        _table(("Stage", "Stays", "25 %", "Median", "75 %"), figures.stages),
    )


def _time_to_fill(figures: Figures) -> ReportSection:
    if not figures.fills:
        return ReportSection(
            "Time to fill", _NEEDS_USER if not figures.totals.has_outcomes else _NONE, []
        )
    most = sorted(figures.fills, key=lambda row: -row[1])[:_LONGEST_TABLE]
    shown = [row for row in figures.fills if row in most]
    rows = [(str(name), float(days)) for name, _, days in shown]
    return ReportSection(
        "Time to fill",
        "Median days from the opening of a job to its first hire, by department."
        + _left_out("Departments with fewer filled jobs", len(figures.fills)),
        [
            Picture(
                "Days to fill",
                charts.bars(rows),
                f"Median days to fill: {charts.sentence(rows)}.",
            )
        ],
        _table(("Department", "Filled jobs", "Median days"), shown),
    )


def _recruiters(figures: Figures) -> ReportSection:
    if not figures.recruiters:
        return ReportSection("Recruiters", "No open job names a recruiter.", [])
    jobs = [(str(row[0]), float(row[1])) for row in figures.recruiters]
    pictures = [
        Picture("Open jobs", charts.bars(jobs), f"Open jobs by recruiter: {charts.sentence(jobs)}.")
    ]
    about = "A job with several recruiters counts for each of them."
    headings: tuple[str, ...] = ("Recruiter", "Open jobs")
    table = [row[:2] for row in figures.recruiters]
    if figures.totals.has_outcomes:
        pending = [(str(row[0]), float(row[2])) for row in figures.recruiters]
        pictures.append(
            Picture(
                "Pending applications",
                charts.bars(pending),
                f"Pending applications by recruiter: {charts.sentence(pending)}.",
            )
        )
        headings = (*headings, "Pending", "Oldest, days")
        table = figures.recruiters
        about += " Pending applications are those for open jobs."
    else:
        about += " Pending applications are not shown: they need an acting user (ph_user_id)."
    return ReportSection("Recruiters", about, pictures, _table(headings, table))


def _data_quality(figures: Figures) -> ReportSection:
    if not figures.gaps:
        return ReportSection("Data quality", "Nothing is missing and nothing dangles.", [])
    shown = figures.gaps[:12]
    rows = [(str(kind), float(percent)) for _, kind, _, _, percent in shown]
    words = [(f"{stream} {kind}", float(percent)) for stream, kind, _, _, percent in shown]
    return ReportSection(
        "Data quality",
        "Rows in which something is missing, dangles or contradicts itself.",
        [
            Picture(
                "Percent of the rows of the stream",
                charts.bars(rows, " %", labels=190),
                f"Affected rows: {charts.sentence(words, ' %')}.",
            )
        ],
        _table(("Stream", "What", "Rows", "Of", "%"), figures.gaps),
    )


def _freshness(figures: Figures) -> ReportSection:
    empty = [str(name) for name, rows, *_ in figures.freshness if not rows]
    about = (
        "Rows that Phenom returns, when a sync last found a change, and when the stream was last"
        " synced (UTC)."
    )
    if all(synced is None for *_, synced in figures.freshness):
        about += " This warehouse does not hold the times of the syncs."
    if empty:
        about += f" Without rows: {', '.join(empty)}."
    headings = ("Stream", "Rows", "Newest change", "Last sync")
    rows = [row for row in figures.freshness if row[1] or row[3]]
    return ReportSection("Freshness", about, [], _table(headings, rows))


_NONE = "Nothing to show yet."


def _left_out(what: str, count: int) -> str:
    """A sentence about the rows that a table leaves out; nothing when it has all of them."""
    left_out = count - _LONGEST_TABLE
    return f" {what} that are not shown: {left_out}." if left_out > 0 else ""


def _table(headings: Sequence[str], rows: Sequence[Row]) -> str:
    if not rows:
        return ""
    head = "".join(
        f'<th scope="col"{_side(rows[0][place])}>{escape(heading)}</th>'
        for place, heading in enumerate(headings)
    )
    lines = [
        "<tr>" + "".join(f"<td{_side(value)}>{_cell(value)}</td>" for value in row) + "</tr>"
        for row in rows
    ]
    return (
        f'<div class="table"><table><thead><tr>{head}</tr></thead>'
        f"<tbody>{''.join(lines)}</tbody></table></div>"
    )


def _side(value: Any) -> str:
    return ' class="number"' if isinstance(value, (int, float)) else ""


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, float):
        return f"{value:,.1f}"
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    if isinstance(value, date):
        return value.isoformat()
    return _text(str(value))


def _text(text: str) -> str:
    """Text from outside: escaped, in its own direction."""
    return f'<bdi dir="auto">{escape(text)}</bdi>'


def _anchor(title: str) -> str:
    return title.lower().replace(" ", "-")

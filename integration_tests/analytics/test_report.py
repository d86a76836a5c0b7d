"""``phenom report``: the page's numbers, and the page in a real browser."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path
from typing import Any

import duckdb
import pytest

import phenom_sandbox
from integration_tests.analytics.browser import NoBrowser, Tab, in_browser
from integration_tests.analytics.warehouses import documented, questions, report, sync, table
from integration_tests.warehouse.databases import Database, duckdb_file
from phenom_cli.report.environment import DbtEnvironment

pytestmark = [pytest.mark.warehouse, pytest.mark.slow]

WIDTHS = (380, 1400)
PSEUDONYM = re.compile(r"\b[0-9a-f]{32}\b")

# Texts and what they stand on, with their colours as the browser shows them.
COLORS = """[...document.querySelectorAll('body *')].filter(each =>
    [...each.childNodes].some(node => node.nodeType === 3 && node.data.trim())
).map(each => [
    each.closest('svg') ? getComputedStyle(each).fill : getComputedStyle(each).color,
    getComputedStyle(document.body).backgroundColor, each.textContent.slice(0, 40)])"""
OVERFLOWING = """[...document.querySelectorAll('body, body *')].filter(each =>
    each.getBoundingClientRect().right > document.documentElement.clientWidth + 0.5
).map(each => each.outerHTML.slice(0, 120))"""


@pytest.fixture(scope="module")
def warehouse(
    environment: DbtEnvironment, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Database, Path]:
    """The local tenant as the documentation shows it, and its report."""
    folder = tmp_path_factory.mktemp("report")
    database = documented(folder)
    page = folder / "recruiting.html"
    done = report(database, page)
    assert done.returncode == 0, done.stderr
    return database, page


def test_documented_answers(warehouse: tuple[Database, Path]) -> None:
    database, _ = warehouse
    with duckdb.connect(database.address, read_only=True) as connection:
        for question in questions():
            found = connection.execute(question.query)
            names = [column[0] for column in found.description]
            assert table(names, found.fetchall()) == question.answer, question.title


def test_numbers_are_those_of_the_synced_tables(warehouse: tuple[Database, Path]) -> None:
    database, page = warehouse
    text = page.read_text(encoding="utf-8")
    live = "remote_deleted_at IS NULL"

    def number(query: str) -> str:
        return f"{database.run(query)[0][0]:,}"

    shown = {
        unescape(label): value
        for label, value in re.findall(r"<dt>([^<]+)</dt><dd>([^<]+)</dd>", text)
    }
    applications = f"SELECT count(*) FROM applications WHERE {live}"
    assert shown["open jobs"] == number(f"SELECT count(*) FROM jobs WHERE {live} AND status='OPEN'")
    assert shown["applications"] == number(applications)
    assert shown["hires"] == number(f"{applications} AND outcome = 'HIRED'")
    assert shown["pending"] == number(f"{applications} AND outcome = 'PENDING'")
    for stream in ("candidates", "application_activities", "employees"):
        rows = number(f"SELECT count(*) FROM {stream} WHERE {live}")
        assert f'{stream}</bdi></td><td class="number">{rows}</td>' in text
    for month, count in database.run(
        f"SELECT strftime(applied_at, '%Y-%m'), count(*) FROM applications WHERE {live}"
        " AND applied_at >= '2024-02-01' GROUP BY 1"
    ):
        assert re.search(rf'aria-label="Applications by month: [^"]*{month} {count}[,.]', text)


def test_one_file_without_scripts(warehouse: tuple[Database, Path]) -> None:
    _, page = warehouse
    text = page.read_text(encoding="utf-8")
    assert page.stat().st_mode & 0o077 == 0
    assert "<script" not in text
    assert not re.search(r"(src|href)=\"(?!#|data:)", text)
    assert "url(" not in text or re.search(r"url\((?!#)", text) is None
    assert re.search(r"<bdi dir=\"auto\">[^<]*[\u0600-\u06ff]", text), "a name from right to left"
    assert text.count("<svg ") == len(
        re.findall(r'<svg [^>]*role="img" aria-label="[^"]{10,}"', text)
    )


def test_page_in_a_browser(warehouse: tuple[Database, Path], tmp_path: Path) -> None:
    _, page = warehouse

    async def use(tab: Tab) -> None:
        for width in WIDTHS:
            for scheme in ("light", "dark"):
                await tab.show(page.as_uri(), width, scheme)
                assert await tab.value(OVERFLOWING) == []
                assert await tab.value("document.documentElement.scrollWidth") <= width
                colors = await tab.value(COLORS)
                assert len(colors) > 100
                low = [each for each in colors if _contrast(*each[:2]) < 4.5]
                assert low == []
                methods = [event.get("method") for event in tab.events]
                told = {"Log.entryAdded", "Runtime.consoleAPICalled", "Runtime.exceptionThrown"}
                assert told.isdisjoint(methods)
                asked = [
                    event["params"]["request"]["url"]
                    for event in tab.events
                    if event.get("method") == "Network.requestWillBeSent"
                ]
                assert [url for url in asked if not url.startswith("data:")] == [page.as_uri()]
        assert (await tab.ask("Page.printToPDF"))["data"]

    try:
        in_browser(use, tmp_path)
    except NoBrowser as missing:
        pytest.skip(str(missing))


def test_pseudonyms_without_acting_user(environment: DbtEnvironment, tmp_path: Path) -> None:
    """People are shown by the beginning of their pseudonyms; the page says what is missing."""
    database = duckdb_file(tmp_path / "phenom.duckdb")
    with phenom_sandbox.running(seed=3, jobs=30, applications=100) as local:
        sync(local, database, tmp_path, ph_user_id=None)
    # As personal_data: pseudonymous has them.
    names = ", ".join(f"{name} = md5({name})" for name in ("first_name", "last_name", "email"))
    database.run(f"UPDATE users SET {names}, remote_id = md5(remote_id)")
    database.run(f"UPDATE candidates SET {names}")
    page = tmp_path / "page.html"
    done = report(database, page)
    assert done.returncode == 0, done.stderr
    text = page.read_text(encoding="utf-8")
    assert not PSEUDONYM.search(text)
    assert re.search(r">[0-9a-f]{8}( [0-9a-f]{8})?</bdi>", text)
    assert text.count("acting user") >= 4
    assert "<dt>hires" not in text


def _contrast(one: str, other: str) -> float:
    """The ratio of WCAG of two colours like `rgb(27, 31, 36)`."""
    brighter, darker = sorted(map(_luminance, (one, other)), reverse=True)
    return (brighter + 0.05) / (darker + 0.05)


def _luminance(color: str) -> float:
    parts: list[Any] = [int(part) / 255 for part in re.findall(r"\d+", color)[:3]]
    red, green, blue = (
        part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return float(0.2126 * red + 0.7152 * green + 0.0722 * blue)

"""Descriptions of the report's pictures."""

from __future__ import annotations

from phenom_cli.report import charts
from phenom_cli.report.figures import shown_name

DRAWN = '<svg class="marks" width="10" height="5" viewBox="0 0 10 5"><g id="clip0" fill="#101112"/>'


def test_rows_with_the_same_label_stay_apart() -> None:
    chart = charts.bars([("Kim", 3.0), ("Kim", 4.0)])
    assert [each["place"] for each in chart["data"]["values"]] == [0, 1]


def test_a_picture_on_the_page() -> None:
    shown = charts.on_page(DRAWN, 'A "quoted" <name>', 7)
    assert 'aria-label="A &quot;quoted&quot; &lt;name&gt;"' in shown
    assert 'id="picture7-clip0" fill="var(--ink)"' in shown
    assert shown.startswith('<svg viewBox="0 0 10 5" role="img"')


def test_pseudonyms_are_shortened() -> None:
    pseudonym = "0123456789abcdef" * 2
    assert shown_name(f"{pseudonym} {pseudonym}") == "01234567 01234567"
    assert shown_name("Clara Sommer") == "Clara Sommer"

"""Names in statements that a person types."""

from __future__ import annotations

import duckdb
import pytest

from phenom_cli.warehouse.sql_names import sql_name


@pytest.mark.parametrize(
    ("parts", "name"),
    [
        (("jobs",), "jobs"),
        (("people", "jobs"), "people.jobs"),
        (("order", "jobs"), '"order".jobs'),
        (("Bewerber",), '"Bewerber"'),
        (('a"b', "c d"), '"a""b"."c d"'),
        (("1a",), '"1a"'),
        (("職位",), '"職位"'),
    ],
)
def test_quotes_only_where_they_are_needed(parts: tuple[str, ...], name: str) -> None:
    assert sql_name(*parts) == name


def test_every_word_of_duckdb_can_be_a_name() -> None:
    with duckdb.connect() as connection:
        words = connection.execute("SELECT keyword_name FROM duckdb_keywords()").fetchall()
        for (word,) in words:
            name = sql_name(word)
            connection.execute(f"CREATE TABLE {name} ({name} VARCHAR)")
            connection.execute(f"ALTER TABLE {name} ALTER COLUMN {name} TYPE INTEGER")

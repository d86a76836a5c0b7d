"""``--warehouse``: what is accepted, and that a password is never shown."""

from __future__ import annotations

import os
from pathlib import Path

import click
import duckdb
import pytest

from phenom_cli.address import parse_warehouse


def test_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    warehouse = parse_warehouse("phenom.duckdb")
    assert warehouse.duckdb_path == tmp_path / "phenom.duckdb"
    assert warehouse.postgres_url is None
    assert warehouse.display_name == "phenom.duckdb"


def test_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert parse_warehouse("~/a.duckdb").duckdb_path == tmp_path / "a.duckdb"


@pytest.mark.parametrize(
    ("value", "url", "schema", "place", "password"),
    [
        (
            "postgresql://me:pa%40ss@db:5432/hr",
            "postgresql://me:pa%40ss@db:5432/hr",
            "public",
            "postgresql://me@db:5432/hr",
            "pa@ss",
        ),
        (
            "PostgreSQL://me@db/hr",
            "postgresql://me@db/hr",
            "public",
            "postgresql://me@db/hr",
            None,
        ),
        (
            "postgres://me@db/hr?sslmode=require&schema=phenom",
            "postgresql://me@db/hr?sslmode=require",
            "phenom",
            "postgresql://me@db/hr (schema phenom)",
            None,
        ),
        (
            "postgresql:///hr?host=%2Frun%2Fpostgresql",
            "postgresql:///hr?host=%2Frun%2Fpostgresql",
            "public",
            "postgresql:///hr",
            None,
        ),
        (
            "postgresql://db/hr?password=pa%40ss&options=-c%20search_path%3Dx",
            "postgresql://db/hr?password=pa%40ss&options=-c%20search_path%3Dx",
            "public",
            "postgresql://db/hr",
            "pa@ss",
        ),
    ],
)
def test_database(value: str, url: str, schema: str, place: str, password: str | None) -> None:
    warehouse = parse_warehouse(value)
    assert warehouse.duckdb_path is None
    assert warehouse.postgres_url == url
    assert warehouse.postgres_schema == schema
    assert warehouse.display_name == place
    assert warehouse.password == password


@pytest.mark.parametrize(
    "value",
    [
        "mysql://me:secret@db/hr",
        "postgresql://me:secret@db:port/hr",
        "postgresql://me:secret@db/hr?schema=No;",
        "postgresql://me:pa@secret@db/hr",
        "postgresql://me:12#secret@db/hr",
        "postgresql://me:12?secret@db/hr",
        "postgresql://me:secret/word@db/hr",
        "postgresql://me:secret%@db/hr",
        "postgresql://me:secret@db/hr#users",
        "absent-folder/phenom.duckdb",
        ".",
        "",
        " ",
        "-",
    ],
)
def test_refused(value: str) -> None:
    with pytest.raises(click.ClickException) as refused:
        parse_warehouse(value)
    assert "secret" not in refused.value.message


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"SQLite format 3\0" + bytes(100), "is an SQLite database, not a DuckDB database"),
        (b"PAR1" + bytes(100), "is a Parquet file, not a DuckDB database"),
        (b"id,name\n1,Ada\n", "is not a DuckDB database"),
        (b'{"id": 1}\n', "is not a DuckDB database"),
        (b"", "is an empty file, not a DuckDB database"),
    ],
)
@pytest.mark.parametrize("name", ["w.duckdb", "w.csv", "w.parquet", "w.json"])
def test_files_that_are_something_else(
    tmp_path: Path, name: str, content: bytes, message: str
) -> None:
    """DuckDB opens some of them, by their names or their content, and then nothing is stored."""
    file = tmp_path / name
    file.write_bytes(content)
    with pytest.raises(click.ClickException, match=message):
        parse_warehouse(str(file))
    assert file.read_bytes() == content


def test_what_is_no_file() -> None:
    with pytest.raises(click.ClickException, match="is not a file"):
        parse_warehouse(os.devnull)


def test_a_duckdb_file_of_any_name(tmp_path: Path) -> None:
    for name in ("w.duckdb", "w.csv", "w.sqlite"):
        file = tmp_path / name
        duckdb.connect(str(file)).close()
        assert parse_warehouse(str(file)).duckdb_path == file


@pytest.mark.parametrize(
    "value",
    [
        ":memory:",
        "motherduck:recruiting",
        "duckdb:w.duckdb",
        "postgresql:me@db",
        "host=db dbname=hr",
        "dbname = hr",
    ],
)
def test_other_places_than_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(click.ClickException, match="neither the path"):
        parse_warehouse(value)
    # A file may have such a name; what is there already is surely meant.
    assert parse_warehouse(f"./{value}").duckdb_path == tmp_path / value
    duckdb.connect(f"./{value}").close()
    assert parse_warehouse(value).duckdb_path == tmp_path / value


def test_motherduck(monkeypatch: pytest.MonkeyPatch) -> None:
    for variable in ("MOTHERDUCK_TOKEN", "motherduck_token"):
        monkeypatch.delenv(variable, raising=False)
    with pytest.raises(click.ClickException, match="set MOTHERDUCK_TOKEN"):
        parse_warehouse("md:recruiting")
    monkeypatch.setenv("MOTHERDUCK_TOKEN", "to&ken")
    warehouse = parse_warehouse("md:recruiting")
    assert warehouse.duckdb_name == "md:recruiting?motherduck_token=to%26ken"
    assert (warehouse.display_name, warehouse.password) == ("md:recruiting", "to&ken")


def test_a_schema_with_a_name_that_postgresql_would_cut() -> None:
    with pytest.raises(click.ClickException, match="74 characters; PostgreSQL takes at most 63"):
        parse_warehouse("postgresql://db/hr?schema=" + "s" * 74)
    assert parse_warehouse("postgresql://db/hr?schema=order").postgres_schema == "order"


@pytest.mark.parametrize("value", ["C:\\data\\w.duckdb", "a@b.duckdb", "date=2026.duckdb"])
def test_unusual_names_of_files(value: str) -> None:
    assert parse_warehouse(value).duckdb_path is not None


def test_a_home_folder_of_nobody() -> None:
    with pytest.raises(click.ClickException, match="home folder of an unknown user"):
        parse_warehouse("~nobody-of-that-name/w.duckdb")


def test_a_folder_that_is_gone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "gone"
    folder.mkdir()
    monkeypatch.chdir(folder)
    folder.rmdir()
    with pytest.raises(click.ClickException, match="cannot be opened: No such file"):
        parse_warehouse("w.duckdb")

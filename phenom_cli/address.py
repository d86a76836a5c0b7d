"""The value of ``--warehouse``: a DuckDB file or a PostgreSQL database."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

import click

DEFAULT_SCHEMA = "public"
# DuckDB itself opens an SQLite, Parquet or CSV file too: as something else, into which nothing of a
# sync would go.
DUCKDB_MARK, DUCKDB_MARK_AT = b"DUCK", 8
OTHER_FILES = {b"SQLite format 3\0": "an SQLite database", b"PAR1": "a Parquet file"}
SCHEMA_NAME = re.compile(r"[a-z_][a-z0-9_]*")


@dataclass(frozen=True)
class Warehouse:
    """Either ``duckdb_path`` or ``postgres_url`` is set; ``place`` never holds the password."""

    place: str
    duckdb_path: Path | None = None
    postgres_url: str | None = None
    postgres_schema: str = DEFAULT_SCHEMA
    password: str | None = None


def parse_warehouse(value: str) -> Warehouse:
    """Raises click.ClickException with what is wrong and what would be right."""
    scheme = value.partition("://")[0] if "://" in value else ""
    if scheme.lower() in ("postgresql", "postgres"):
        return _postgres(value)
    if scheme:
        raise click.ClickException(
            f"A warehouse of kind {scheme}:// is not supported. Give the path of a DuckDB file"
            " or a URL like postgresql://user:password@host:5432/database"
        )
    return _duckdb(value)


def _duckdb(value: str) -> Warehouse:
    path = Path(value).expanduser().absolute()
    if path.is_dir():
        raise click.ClickException(
            f"The warehouse {value or '.'} is a folder. Give the path of a DuckDB file, for example"
            f" {Path(value) / 'phenom.duckdb'}"
        )
    if not path.parent.is_dir():
        raise click.ClickException(
            f"The folder {path.parent} of the warehouse does not exist. Create it or give another."
        )
    if path.exists():
        _refuse_other_files(path, value)
    return Warehouse(place=value, duckdb_path=path)


def _refuse_other_files(path: Path, shown: str) -> None:
    if not path.is_file():
        raise click.ClickException(
            f"The warehouse {shown} is not a file. Give the path of a DuckDB file."
        )
    try:
        with path.open("rb") as file:
            start = file.read(16)
    except OSError as error:
        raise click.ClickException(
            f"The warehouse {shown} cannot be opened: {error.strerror}."
        ) from None
    if start[DUCKDB_MARK_AT:].startswith(DUCKDB_MARK):
        return
    kinds = [kind for mark, kind in OTHER_FILES.items() if start.startswith(mark)]
    what = f"{kinds[0]}, " if kinds else "an empty file, " if not start else ""
    raise click.ClickException(
        f"The file {shown} is {what}not a DuckDB database. Give --warehouse another path, or move"
        " that file away."
    )


def _postgres(value: str) -> Warehouse:
    try:
        parts = urlsplit(value)
        port = f":{parts.port}" if parts.port else ""
    except ValueError as error:
        raise click.ClickException(
            "The warehouse URL is not usable (host or port). It looks like"
            " postgresql://user:password@host:5432/database"
        ) from error
    options = parse_qsl(parts.query, keep_blank_values=True)
    schema = next((text for name, text in options if name == "schema"), DEFAULT_SCHEMA)
    if not SCHEMA_NAME.fullmatch(schema):
        raise click.ClickException(
            f"The schema {schema!r} of the warehouse URL must be made of lower-case letters,"
            " digits and underscores."
        )
    rest = urlencode([(name, text) for name, text in options if name != "schema"])
    user = f"{parts.username}@" if parts.username else ""
    shown_schema = f" (schema {schema})" if schema != DEFAULT_SCHEMA else ""
    return Warehouse(
        place=f"postgresql://{user}{parts.hostname or ''}{port}{parts.path}{shown_schema}",
        postgres_url=f"postgresql://{parts.netloc}{parts.path}{'?' if rest else ''}{rest}",
        postgres_schema=schema,
        password=unquote(parts.password) if parts.password else None,
    )

"""The value of ``--warehouse``: a DuckDB file, MotherDuck or a PostgreSQL database."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import parse_qsl, quote, unquote, urlencode, urlsplit

import click

DEFAULT_SCHEMA = "public"
# DuckDB also opens SQLite, Parquet and CSV files, but a sync cannot write its tables into them.
DUCKDB_MARK, DUCKDB_MARK_AT = b"DUCK", 8
OTHER_FILES = {b"SQLite format 3\0": "an SQLite database", b"PAR1": "a Parquet file"}
# ":memory:", "md:…", "duckdb:…", "dbname=…" are not files; one letter is a Windows drive.
NOT_A_FILE = re.compile(r":|[A-Za-z][\w+.-]+:|(?:dbname|host|user)\s*=", re.ASCII)
NOT_ENCODED = re.compile(r"%(?![0-9A-Fa-f]{2})")
URL_FORM = (
    "It looks like postgresql://user:password@host:5432/database; in user and password, write @ as"
    " %40, : as %3A, / as %2F, ? as %3F, # as %23 and % as %25."
)
SCHEMA_NAME = re.compile(r"[a-z_][a-z0-9_]*")
LONGEST_NAME = 63
"""Characters of a name in PostgreSQL, which cuts longer names."""
MOTHERDUCK_TOKEN = "motherduck_token"
MOTHERDUCK = re.compile(r"md:\w+", re.ASCII)


@dataclass(frozen=True)
class Warehouse:
    """Where to load; one of ``duckdb_path``, ``motherduck`` and ``postgres_url`` is set.

    ``display_name`` is for messages and never has the password.
    """

    display_name: str
    duckdb_path: Path | None = None
    postgres_url: str | None = None
    postgres_schema: str = DEFAULT_SCHEMA
    password: str | None = None
    motherduck: str | None = None
    """``md:``, the database and the token."""

    @property
    def duckdb_name(self) -> str:
        """What DuckDB opens."""
        return self.motherduck or str(self.duckdb_path)


def parse_warehouse(value: str) -> Warehouse:
    """Raises click.ClickException, which says what is wrong and how to correct it."""
    scheme = value.partition("://")[0] if "://" in value else ""
    if scheme.lower() in ("postgresql", "postgres"):
        return _postgres(value)
    if scheme:
        raise click.ClickException(
            f"A warehouse of kind {scheme}:// is not supported. Give the path of a DuckDB file"
            " or a URL like postgresql://user:password@host:5432/database"
        )
    if not value.strip() or value == "-":
        raise click.ClickException("--warehouse names no file. Give the path of a DuckDB file.")
    if MOTHERDUCK.fullmatch(value) and not Path(value).exists():
        return _motherduck(value)
    if NOT_A_FILE.match(value) and not Path(value).exists():
        raise click.ClickException(
            "The warehouse is neither the path of a DuckDB file nor a URL like"
            " postgresql://user:password@host:5432/database. If a new file is to have that name,"
            " write ./ in front of it."
        )
    try:
        return _duckdb(value)
    except OSError as error:
        raise click.ClickException(
            f"The warehouse {value} cannot be opened: {error.strerror}."
        ) from None


def _motherduck(value: str) -> Warehouse:
    token = os.environ.get("MOTHERDUCK_TOKEN") or os.environ.get(MOTHERDUCK_TOKEN)
    if not token:
        raise click.ClickException(
            f"The warehouse {value} is in MotherDuck: set MOTHERDUCK_TOKEN to your access token."
            " If a new file is to have that name, write ./ in front of it."
        )
    address = f"{value}?motherduck_token={quote(token, safe='')}"
    return Warehouse(display_name=value, motherduck=address, password=token)


def _duckdb(value: str) -> Warehouse:
    try:
        path = Path(value).expanduser().absolute()
    except RuntimeError:
        raise click.ClickException(
            f"The warehouse {value} is in the home folder of an unknown user. Write its path in"
            " full, or ./ in front of it."
        ) from None
    if path.is_dir():
        raise click.ClickException(
            f"The warehouse {value} is a folder. Give the path of a DuckDB file, for example"
            f" {Path(value) / 'phenom.duckdb'}"
        )
    if not path.parent.is_dir():
        raise click.ClickException(
            f"The folder {path.parent} of the warehouse does not exist. Create it or give another."
        )
    if path.exists():
        _refuse_other_files(path, value)
    return Warehouse(display_name=value, duckdb_path=path)


def _refuse_other_files(path: Path, shown: str) -> None:
    if not path.is_file():
        raise click.ClickException(
            f"The warehouse {shown} is not a file. Give the path of a DuckDB file."
        )
    with path.open("rb") as file:
        start = file.read(16)
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
            f"The warehouse URL is not usable (host or port). {URL_FORM}"
        ) from error
    # A character that is not encoded could put a part of the password into a message.
    at_signs = parts.netloc.count("@") > 1 or "@" in value.replace(parts.netloc, "", 1)
    if at_signs or "#" in value or NOT_ENCODED.search(value):
        raise click.ClickException(f"The warehouse URL is not usable (@, # or %). {URL_FORM}")
    options = parse_qsl(parts.query, keep_blank_values=True)
    schema = next((text for name, text in options if name == "schema"), DEFAULT_SCHEMA)
    if not SCHEMA_NAME.fullmatch(schema):
        raise click.ClickException(
            f"The schema {schema!r} of the warehouse URL must be made of lower-case letters,"
            " digits and underscores."
        )
    if len(schema) > LONGEST_NAME:
        raise click.ClickException(
            f"The schema {schema} of the warehouse URL has {len(schema)} characters; PostgreSQL"
            f" takes at most {LONGEST_NAME}."
        )
    # For PostgreSQL a plus is a plus, not a space.
    rest = urlencode([pair for pair in options if pair[0] != "schema"], quote_via=quote)
    in_options = next((quote(text) for name, text in options if name == "password"), None)
    password = parts.password or in_options
    user = f"{parts.username}@" if parts.username else ""
    shown_schema = f" (schema {schema})" if schema != DEFAULT_SCHEMA else ""
    return Warehouse(
        display_name=f"postgresql://{user}{parts.hostname or ''}{port}{parts.path}{shown_schema}",
        postgres_url=f"postgresql://{parts.netloc}{parts.path}{'?' if rest else ''}{rest}",
        postgres_schema=schema,
        password=unquote(password) if password else None,
    )

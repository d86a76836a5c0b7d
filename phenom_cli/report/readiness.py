"""Whether the marts can be built in a warehouse, asked before dbt, whose messages are long."""

from __future__ import annotations

import click

from phenom_cli.address import Warehouse
from phenom_cli.warehouse.dialect import quoted
from phenom_cli.warehouse.failures import warehouse_failure

_STREAMS = ("jobs", "applications")
"""The tables without which a page has nothing to show."""


def check_warehouse(warehouse: Warehouse, schema: str) -> None:
    """Changes nothing.

    :param schema: where the marts are to be written.
    :raises click.ClickException: says what is wrong and what to do.
    """
    try:
        tables = (_postgres if warehouse.postgres_url else _duckdb)(warehouse, schema)
    except ModuleNotFoundError as error:
        raise click.ClickException(
            f"{error.name} is not installed: pip install 'phenom-airbyte[warehouse]' installs it."
        ) from None
    except click.ClickException:
        raise
    except Exception as error:
        failure = warehouse_failure(error, warehouse)
        raise click.ClickException(f"{failure.message} {failure.advice}".rstrip()) from None
    if not tables.issuperset(_STREAMS):
        raise click.ClickException(
            f"The warehouse {warehouse.display_name} does not hold the tables"
            f" {' and '.join(_STREAMS)} of a sync. Load them first with phenom sync, or give the"
            " warehouse and the schema (?schema=NAME) in which they are."
        )


def _duckdb(warehouse: Warehouse, schema: str) -> set[str]:
    import duckdb

    # Not read-only: dbt has to write, and nobody else may have the file open.
    with duckdb.connect(warehouse.duckdb_name) as connection:
        found = connection.execute(
            "SELECT table_name FROM information_schema.tables"
            " WHERE table_catalog = current_database() AND table_schema = 'main'"
        )
        return {name for (name,) in found.fetchall()}


def _postgres(warehouse: Warehouse, schema: str) -> set[str]:
    import psycopg

    with psycopg.connect(str(warehouse.postgres_url)) as session:
        exists = "SELECT 1 FROM pg_namespace WHERE nspname = %s"
        if session.execute(exists, [schema]).fetchone() is None:
            session.execute(f"CREATE SCHEMA {quoted(schema)}".encode())
        session.execute(f"CREATE TABLE {quoted(schema)}.phenom_report_may_create ()".encode())
        session.rollback()
        foreign = session.execute(
            "SELECT relname, pg_get_userbyid(relowner) FROM pg_class WHERE relnamespace ="
            " (SELECT oid FROM pg_namespace WHERE nspname = %s) AND relkind IN ('r', 'v')"
            r" AND relname ~ '^(stg_|int_)?phenom_' AND NOT pg_has_role(relowner, 'USAGE')",
            [schema],
        ).fetchone()
        if foreign is not None:
            raise click.ClickException(
                f"The schema {schema} of {warehouse.display_name} holds marts of the role"
                f" {foreign[1]}, for example {foreign[0]}: only that role can replace them. Run the"
                " report as that role, or give another --schema."
            )
        found = session.execute(
            "SELECT tablename FROM pg_tables WHERE schemaname = %s", [warehouse.postgres_schema]
        )
        return {name for (name,) in found.fetchall()}

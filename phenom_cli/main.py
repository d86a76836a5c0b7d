"""The command ``phenom``. Data goes to standard output, logs and progress to standard error."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

import click

from phenom_api import __version__
from phenom_cli import local_tenant
from phenom_cli.completion import complete_streams, completion
from phenom_cli.configuration import check_config_path
from phenom_cli.documents import documents
from phenom_cli.fields import fields
from phenom_cli.passthrough import passthrough
from phenom_cli.scopes import scopes
from phenom_cli.terminal import safe_standard_streams
from phenom_cli.write import write
from phenom_protocol.signals import exit_on_signals

DEFAULT_WAREHOUSE = "phenom.duckdb"

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class _Phenom(click.Group):
    """Lists commands in the order in which they were added. No error shows a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def main(self, *args: Any, **extra: Any) -> Any:
        with safe_standard_streams():
            try:
                return super().main(*args, **extra)
            except OSError as error:
                what = error.filename or "The output cannot be written"
                click.echo(f"Error: {what}: {error.strerror or type(error).__name__}.", err=True)
            except Exception as error:
                if os.environ.get("PHENOM_TRACEBACK"):
                    traceback.print_exc()
                # The text of an unexpected exception may hold a person's data.
                click.echo(
                    f"Error: phenom ended with an unexpected {type(error).__name__}. Run it again"
                    " with PHENOM_TRACEBACK=1 to see where it happened, and report that.",
                    err=True,
                )
            sys.exit(1)


@click.group(
    cls=_Phenom,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="phenom")
def phenom() -> None:
    """Read recruiting data from Phenom, write to it, and test the connection.

    To try it without access to Phenom, run `phenom sync` without options: it loads made-up data
    from a local tenant into a DuckDB file.
    """


@click.command()
@click.option(
    "--config",
    "config_file",
    type=click.Path(),
    metavar="FILE",
    callback=check_config_path,
    help="JSON file with the source's configuration (client_id, client_secret, token_url, ...)."
    " Without it, the command starts a local tenant with made-up data and syncs that.",
)
@click.option(
    "--warehouse",
    type=click.Path(),
    metavar="WHERE",
    default=DEFAULT_WAREHOUSE,
    show_default=True,
    help="Path of a DuckDB file (only you can read a new one), md:database for MotherDuck (with a"
    " token in MOTHERDUCK_TOKEN), or postgresql://user:password@host:5432/database (add"
    " ?schema=name for another schema than public).",
)
@click.option(
    "--streams",
    multiple=True,
    metavar="A,B",
    shell_complete=complete_streams,
    help="Only these streams, separated by commas (default: all).",
)
@click.option(
    "--full-refresh",
    is_flag=True,
    help="Read everything again, not only what changed since the last sync.",
)
def sync(
    config_file: str | None, warehouse: str, streams: tuple[str, ...], full_refresh: bool
) -> None:
    """Load a Phenom tenant into a warehouse.

    The first sync loads everything. Each later sync loads what has changed since the one before.
    Rows that Phenom no longer returns stay in the warehouse, with remote_deleted_at set.

    At the end, a table shows for each stream how many rows are new, changed and deleted, and how
    many rows there are that Phenom still returns.

    The warehouse has a comment for each table and column. Times are in UTC. Of the columns that
    begin with _airbyte_, raw_id is a new random id each time the row is loaded, extracted_at is
    when the record was read, and meta is always {}. The next sync continues from the states in the
    table _airbyte_state.

    Two tenants can share a warehouse if their configurations have different values of
    integration_id. A full refresh then replaces the rows of its own tenant only.

    Exit code 0 if every stream was read. Otherwise 1, and standard error names the streams that
    failed; the other streams are loaded.

    \b
    Examples:
      phenom sync
      phenom sync --config tenant.json --warehouse recruiting.duckdb
      phenom sync --config tenant.json \\
          --warehouse postgresql://me:secret@db:5432/hr?schema=phenom
      phenom sync --config tenant.json --streams jobs,users --full-refresh
    """
    from phenom_cli.sync import sync as run_sync

    names = " ".join(streams).replace(",", " ").split()
    if streams and not names:
        raise click.UsageError("--streams names no stream.")
    exit_on_signals()
    try:
        exit_code = run_sync(config_file, warehouse, names or None, full_refresh)
    except KeyboardInterrupt:
        click.echo("Interrupted. The next sync continues from what is in the warehouse.", err=True)
        exit_code = 130
    sys.exit(exit_code)


@click.command()
@click.option(
    "--warehouse",
    type=click.Path(),
    metavar="WHERE",
    default=DEFAULT_WAREHOUSE,
    show_default=True,
    help="The warehouse of phenom sync: path of a DuckDB file, md:database, or postgresql://... .",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, writable=True),
    metavar="FILE",
    default="recruiting.html",
    show_default=True,
    help="Where to write the page. Only you can read a new file.",
)
@click.option(
    "--schema",
    metavar="NAME",
    default="phenom_analytics",
    show_default=True,
    help="The schema for the tables that the report is made of. What dbt made there before is"
    " replaced.",
)
@click.option(
    "--as-of",
    type=click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]),
    metavar="DATE",
    help="Count what is open up to this time (UTC), for a warehouse that is no longer synced."
    " Default: now.",
)
def report(warehouse: str, output: str, schema: str, as_of: datetime | None) -> None:
    """Write one page about the recruiting in a warehouse.

    The page shows open jobs and their age, applications by month and source, the funnel, time in
    stage, time to fill, the load of recruiters, data quality and freshness. It is one HTML file
    without scripts, and loads nothing from elsewhere.

    The numbers come from tables that dbt makes in a schema of their own in the warehouse
    (docs/analytics.md). dbt is in an environment of its own: ./run report installs it.

    Without an acting user (ph_user_id) in the configuration of the sync, there are no hiring
    statuses. The page then says what it cannot show.

    \b
    Examples:
      phenom report
      phenom report --warehouse recruiting.duckdb --output recruiting.html
      phenom report --warehouse postgresql://me:secret@db:5432/hr?schema=phenom
    """
    from phenom_cli.report.run import report as write_report

    write_report(warehouse, output, schema, as_of or datetime.now(timezone.utc))


def _number(name: str, kind: click.ParamType[Any], default: int, text: str) -> Decorator:
    return click.option(name, metavar="N", type=kind, default=default, show_default=True, help=text)


@click.command()
@_number(
    "--port",
    click.IntRange(0, 65535),
    8100,
    "Port to listen on, reachable from this machine only; 0 takes a free one.",
)
@_number("--jobs", click.IntRange(0), local_tenant.JOBS, "How many jobs the tenant has.")
@_number(
    "--applications", click.IntRange(0), local_tenant.APPLICATIONS, "How many applications it has."
)
@_number("--seed", click.INT, local_tenant.SEED, "The same seed gives the same data.")
@click.option(
    "--output",
    type=click.Path(),
    metavar="FILE",
    help="Write the configuration to this file, not to standard output.",
)
def sandbox(port: int, jobs: int, applications: int, seed: int, output: str | None) -> None:
    """Serve a local Phenom tenant with made-up data.

    A tenant is a customer's account at Phenom. This one runs on your machine. The command prints
    a configuration for the source and the destination, and serves until you press Ctrl-C.

    The configuration has no acting user. The sandbox accepts any ph_user_id: add one to read what
    the Candidates API offers.

    \b
    Example, in two terminals:
      phenom sandbox --output sandbox.json
      phenom sync --config sandbox.json --warehouse sandbox.duckdb
    """
    local_tenant.serve(port, jobs, applications, seed, output)


for command in (sync, report, write, documents, scopes, fields, passthrough, sandbox, completion):
    phenom.add_command(command)


def main() -> None:
    phenom(prog_name="phenom")


if __name__ == "__main__":
    main()

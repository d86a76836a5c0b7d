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
from phenom_cli.help import Command, Group
from phenom_cli.passthrough import passthrough
from phenom_cli.printing import StdoutFailed, print_error
from phenom_cli.scopes import scopes
from phenom_cli.terminal import safe_standard_streams
from phenom_cli.write import write
from phenom_protocol.signals import exit_on_signals

DEFAULT_WAREHOUSE = "phenom.duckdb"

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class _Phenom(Group):
    """Shows each error on one line, and no traceback."""

    def main(self, *args: Any, **extra: Any) -> Any:
        with safe_standard_streams():
            try:
                sys.exit(super().main(*args, **{**extra, "standalone_mode": False}))
            except click.ClickException as error:
                _show(error)
                sys.exit(error.exit_code)
            except click.Abort:
                click.echo("Interrupted.", err=True)
            except OSError as error:
                what = error.filename or "The output cannot be written"
                print_error(f"{what}: {error.strerror or type(error).__name__}.")
            except Exception as error:
                if os.environ.get("PHENOM_TRACEBACK"):
                    traceback.print_exc()
                # The text of an unexpected exception may hold a person's data.
                print_error(
                    f"phenom ended with an unexpected {type(error).__name__}. Run it again with"
                    " PHENOM_TRACEBACK=1 to see where it happened, and report that."
                )
            sys.exit(1)


def _show(error: click.ClickException) -> None:
    """As click does, but with the message on one line: an argument may have line breaks."""
    if isinstance(error, StdoutFailed) and error.is_closed_pipe:
        return
    message = error.format_message()
    if isinstance(error, click.UsageError) and error.ctx is not None:
        if message == error.ctx.get_help():
            # The name of a group alone asks for its help.
            click.echo(message, err=True)
            return
        usage = error.ctx.get_usage()
        click.echo(f"{usage}\nTry '{error.ctx.command_path} --help' for help.\n", err=True)
    # click lists choices on lines that begin with a tab.
    print_error(message.replace("\n\t", " "))


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


@click.command(cls=Command)
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
    " token in MOTHERDUCK_TOKEN), or postgresql://user@host:5432/database (with its password in"
    " PGPASSWORD; add ?schema=name for another schema than public).",
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
@click.option(
    "--acting-user",
    is_flag=True,
    help="Read the local tenant on behalf of a user: also hiring statuses, activities, documents,"
    " employees and groups. For a tenant of yours, set ph_user_id in its configuration.",
)
def sync(
    config_file: str | None,
    warehouse: str,
    streams: tuple[str, ...],
    full_refresh: bool,
    acting_user: bool,
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
    Examples (with C for tenant.json):
      phenom sync
      phenom sync --acting-user
      phenom sync --config C --warehouse recruiting.duckdb
      phenom sync --config C \\
          --warehouse 'postgresql://me@db/hr?schema=phenom'
      phenom sync --config C --full-refresh --streams jobs
    """
    from phenom_cli.sync import sync as run_sync

    names = " ".join(streams).replace(",", " ").split()
    if streams and not names:
        raise click.UsageError("--streams names no stream.")
    if acting_user and config_file is not None:
        raise click.UsageError(
            f"--acting-user is for the local tenant. Set ph_user_id in {config_file} instead."
        )
    exit_on_signals()
    try:
        exit_code = run_sync(
            config_file, warehouse, names or None, full_refresh, acting_user=acting_user
        )
    except KeyboardInterrupt:
        click.echo("Interrupted. The next sync continues from what is in the warehouse.", err=True)
        exit_code = 130
    sys.exit(exit_code)


@click.command(cls=Command)
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
    (docs/analytics.md). dbt is in an environment of its own. In a clone, ./run report installs it;
    elsewhere, set PHENOM_ANALYTICS_PYTHON to the Python of that environment.

    Without an acting user (ph_user_id) in the configuration of the sync, there are no hiring
    statuses. The page then says what it cannot show.

    \b
    Examples:
      phenom report
      phenom report --warehouse recruiting.duckdb
      phenom report --output recruiting.html \\
          --warehouse 'postgresql://me@db/hr?schema=phenom'
    """
    from phenom_cli.report.run import report as write_report

    write_report(warehouse, output, schema, as_of or datetime.now(timezone.utc))


def _number(name: str, kind: click.ParamType[Any], default: int, text: str) -> Decorator:
    return click.option(name, metavar="N", type=kind, default=default, show_default=True, help=text)


@click.command(cls=Command)
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
    "--order",
    type=click.Choice(local_tenant.ORDERS),
    default=local_tenant.ORDERS[0],
    show_default=True,
    help="Order of the application listing by time of creation. With full_scan_hours, a sync reads"
    " only the new end of an ordered listing.",
)
@click.option(
    "--output",
    type=click.Path(),
    metavar="FILE",
    help="Write the configuration to this file, not to standard output.",
)
def sandbox(
    port: int, jobs: int, applications: int, seed: int, order: str, output: str | None
) -> None:
    """Serve a local Phenom tenant with made-up data.

    A tenant is a customer's account at Phenom. This one runs on your machine. The command prints
    a configuration for the source and the destination, and serves until you press Ctrl-C.

    The configuration has no acting user. The sandbox accepts any ph_user_id: add one to read what
    the Candidates API offers.

    While it serves, a POST request to /_admin/applications adds a new application. To see syncs
    that read only what is new, add "full_scan_hours": 24 to the configuration.

    \b
    Example, in two terminals:
      phenom sandbox --output sandbox.json
      phenom sync --config sandbox.json
      curl -X POST http://127.0.0.1:8100/_admin/applications
      phenom sync --config sandbox.json
    """
    local_tenant.serve(port, jobs, applications, seed, output, order)


for command in (sync, report, write, documents, scopes, fields, passthrough, sandbox, completion):
    phenom.add_command(command)


def main() -> None:
    phenom(prog_name="phenom")


if __name__ == "__main__":
    main()

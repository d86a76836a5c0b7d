"""The command ``phenom``. Data go to stdout; logs and progress go to stderr."""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Callable
from typing import Any

import click

from phenom_api import __version__
from phenom_cli import local_tenant
from phenom_cli.completion import complete_streams, completion
from phenom_cli.configuration import config_name
from phenom_cli.documents import documents
from phenom_cli.fields import fields
from phenom_cli.passthrough import passthrough
from phenom_cli.scopes import scopes
from phenom_cli.screen import screens
from phenom_cli.write import write
from phenom_protocol.signals import exit_on_signals

DEFAULT_WAREHOUSE = "phenom.duckdb"

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


class _Phenom(click.Group):
    """Lists its commands as they were added: by use, not by name. No error shows a traceback."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)

    def main(self, *args: Any, **extra: Any) -> Any:
        with screens():
            try:
                return super().main(*args, **extra)
            except OSError as error:
                what = error.filename or "The output cannot be written"
                click.echo(f"Error: {what}: {error.strerror or type(error).__name__}.", err=True)
            except Exception as error:
                if os.environ.get("PHENOM_TRACEBACK"):
                    traceback.print_exc()
                # The text of an exception that nobody foresaw may quote a person's data.
                click.echo(
                    f"Error: phenom ended with an unexpected {type(error).__name__}. Run it again"
                    " with PHENOM_TRACEBACK=1 to see where, and report that.",
                    err=True,
                )
            sys.exit(1)


@click.group(
    cls=_Phenom,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="phenom")
def phenom() -> None:
    """Phenom recruiting data for people at a terminal.

    Without any configuration, `phenom sync` loads made-up data of a local tenant into a DuckDB
    file: a good first look.
    """


@click.command()
@click.option(
    "--config",
    "config_file",
    type=click.Path(),
    metavar="FILE",
    callback=config_name,
    help="JSON file with the source's configuration (client_id, client_secret, token_url, ...)."
    " Without it, a local tenant with made-up data is started and synced.",
)
@click.option(
    "--warehouse",
    type=click.Path(),
    metavar="WHERE",
    default=DEFAULT_WAREHOUSE,
    show_default=True,
    help="Path of a DuckDB file (a new one is readable by you alone), md:database for MotherDuck"
    " (with a token in MOTHERDUCK_TOKEN), or postgresql://user:password@host:5432/database (add"
    " ?schema=name for another schema than public).",
)
@click.option(
    "--streams",
    multiple=True,
    metavar="A,B",
    shell_complete=complete_streams,
    help="Only these streams, separated by commas. Without it, all of them.",
)
@click.option(
    "--full-refresh",
    is_flag=True,
    help="Read everything again instead of what changed since the last sync.",
)
def sync(
    config_file: str | None, warehouse: str, streams: tuple[str, ...], full_refresh: bool
) -> None:
    """Load a Phenom tenant into a warehouse.

    The first sync loads everything, the next ones what changed since. Rows that Phenom no longer
    returns stay, with remote_deleted_at set. At the end a table tells for each stream how many
    rows are new, changed and deleted, and how many live rows there are in total.

    Tables and columns carry their descriptions as comments; times are in UTC. Of the columns that
    begin with _airbyte_, raw_id is random and new each time that the row is loaded, extracted_at
    is when the record was read, and meta is always {}. The table _airbyte_state is where the next
    sync goes on from.

    Two tenants can share a warehouse if their configurations differ in integration_id; a full
    refresh is about the rows of its tenant alone.

    Exit code 0 if every stream was read, else 1, with the failed streams and their errors named;
    what could be read is loaded all the same.

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
        click.echo("Interrupted; the next sync goes on from what is in the warehouse.", err=True)
        exit_code = 130
    sys.exit(exit_code)


def _number(name: str, kind: click.ParamType[Any], default: int, text: str) -> Decorator:
    return click.option(name, metavar="N", type=kind, default=default, show_default=True, help=text)


@click.command()
@_number(
    "--port",
    click.IntRange(0, 65535),
    8100,
    "Port to listen on, on this machine only; 0 takes a free one.",
)
@_number("--jobs", click.IntRange(0), local_tenant.JOBS, "How many jobs the tenant has.")
@_number(
    "--applications", click.IntRange(0), local_tenant.APPLICATIONS, "How many applications it has."
)
@_number("--seed", click.INT, local_tenant.SEED, "The same seed makes the same data.")
@click.option(
    "--output",
    type=click.Path(),
    metavar="FILE",
    help="Write the configuration to this file, once the sandbox serves, and not to stdout.",
)
def sandbox(port: int, jobs: int, applications: int, seed: int, output: str | None) -> None:
    """Serve a local Phenom tenant with made-up data.

    Prints a ready-made configuration for the source and the destination on stdout, says on stderr
    where it serves, and serves until it is interrupted with Ctrl-C.

    The configuration has no acting user. The sandbox accepts any ph_user_id: add one to read what
    the Candidates API knows.

    \b
    Example, in two terminals:
      phenom sandbox --output sandbox.json
      phenom sync --config sandbox.json --warehouse sandbox.duckdb
    """
    local_tenant.serve(port, jobs, applications, seed, output)


for command in (sync, write, documents, scopes, fields, passthrough, sandbox, completion):
    phenom.add_command(command)


def main() -> None:
    phenom(prog_name="phenom")


if __name__ == "__main__":
    main()

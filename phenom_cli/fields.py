"""``phenom fields``: the fields of a tenant's jobs and applications, and the columns they feed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from phenom_cli.configuration import config_option, read_config, source_settings
from phenom_cli.interactive_gateway import interactive_gateway
from phenom_cli.printing import console, plain, print_json, print_rendered, spinner

if TYPE_CHECKING:
    from rich.console import Console

    from phenom_cli.field_profile import MappedField, RemoteField

SAMPLE = 200
_WIDTH_FOR_PATHS = 120
"""Characters in a line from which on paths are shown as a whole."""
_SHORTEST_NAME, _LONGEST_NAME = 12, 32
_OTHER_COLUMNS = 48
"""Characters that the columns beside the name need for their longest words."""
_PIPE_WIDTH = 1000
"""Characters in a line of a pipe, so that no field needs two lines."""


@click.command()
@config_option
@click.option(
    "--sample",
    "size",
    metavar="N",
    type=click.IntRange(1, 100_000),
    default=SAMPLE,
    show_default=True,
    help="How many jobs and how many applications to look at. They are taken from all over the"
    " listings.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array instead of tables.")
def fields(config_file: str, size: int, as_json: bool) -> None:
    """List Phenom's fields and the columns that they feed.

    Reads a sample of jobs and applications, and prints for each field:

    \b
    path    where the field is, as field_overrides and custom_fields of the
            configuration take it
    types   the JSON types of its values
    filled  in how many of the jobs or applications it is not empty
    shape   what most values look like: A and a stand for letters, 9 for
            digits; a value itself is never shown
    feeds   the columns that it feeds with this configuration

    A field that feeds no column of its own is in the column integration_fields, or in
    custom_fields if the tenant has added it.

    Paths of candidates and applications both begin at the application, so that the fields of
    either model can use them. With only_created_applications, other applications are left out.

    Exit code 0 if both listings could be read, else 1.

    \b
    Examples:
      phenom fields --config tenant.json
      phenom fields --config tenant.json --sample 1000 --json > fields.json
      phenom fields --config tenant.json | grep -i department
    """
    from phenom_api.errors import PhenomError
    from phenom_cli.field_profile import profile_applications, profile_jobs

    config = source_settings(read_config(config_file))
    mapped: list[MappedField] = []
    failed = False
    with interactive_gateway(config) as gateway, spinner("Reading ..."):
        for name, profile in (("jobs", profile_jobs), ("applications", profile_applications)):
            try:
                of_listing, looked_at, total = profile(config, gateway, size)
            except PhenomError as error:
                failed = True
                click.echo(f"Error: the {name} cannot be read: {error.message}", err=True)
                continue
            mapped += of_listing
            click.echo(f"Looked at {looked_at:,} of {total:,} {name}.", err=True)
    if as_json:
        print_json([_as_json(each) for each in mapped], indent=2)
    else:
        _print_tables(mapped, console(pipe_width=_PIPE_WIDTH))
    sys.exit(1 if failed else 0)


def _as_json(mapped: MappedField) -> dict[str, Any]:
    field = mapped.field
    return {
        "model": mapped.model,
        "path": field.path,
        "types": field.types,
        "filled": round(field.filled, 4),
        "shape": field.shape,
        "feeds": mapped.feeds,
    }


def _print_tables(mapped: Sequence[MappedField], console: Console) -> None:
    """A table per model: with whole paths in a wide terminal, else a tree of their last parts."""
    from rich.table import Table

    is_narrow = console.width < _WIDTH_FOR_PATHS
    for number, (model, group) in enumerate(groupby(mapped, lambda each: each.model)):
        rows = list(group)
        names = [plain(_indented(row.field) if is_narrow else row.field.path) for row in rows]
        table = Table(box=None, pad_edge=False, padding=(0, 1 if is_narrow else 2, 0, 0))
        # The name gets as much room as possible: people search for it.
        room = max(_SHORTEST_NAME, min(_LONGEST_NAME, console.width - _OTHER_COLUMNS))
        width = min(room, max(map(len, names))) if is_narrow else None
        table.add_column(model, overflow="fold", min_width=width, max_width=width)
        table.add_column("type", overflow="fold", max_width=8 if is_narrow else None)
        table.add_column("filled", justify="right", no_wrap=True)
        table.add_column("shape", overflow="fold", max_width=12 if is_narrow else None)
        table.add_column("feeds", overflow="fold")
        for name, row in zip(names, rows, strict=True):
            table.add_row(
                name,
                plain(", ".join(row.field.types)),
                plain(f"{row.field.filled:.0%}"),
                plain(row.field.shape),
                plain(", ".join(column.removeprefix(f"{model}.") for column in row.feeds)),
            )
        if number:
            click.echo()
        print_rendered(console, table)


def _indented(field: RemoteField) -> str:
    return "  " * (len(field.parts) - 1) + field.parts[-1]

"""``phenom fields``: what a tenant's jobs and applications hold, and where it goes."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from phenom_cli.configuration import config_option

if TYPE_CHECKING:
    from rich.console import Console

    from phenom_cli.field_profile import Field, Found

SAMPLE = 200
_ROOM_FOR_PATHS = 120
"""Characters in a line from which on a path is shown whole."""
_SHORTEST_NAME, _LONGEST_NAME = 12, 32
_BESIDE_NAME = 48
"""Characters that the other columns take, with the longest word of each."""
_NO_FOLDING = 1000
"""Characters in a line of a pipe: a field stays on one line."""


@click.command()
@config_option
@click.option(
    "--sample",
    "size",
    metavar="N",
    type=click.IntRange(1, 100_000),
    default=SAMPLE,
    show_default=True,
    help="How many jobs and how many applications to look at, from all over the listings.",
)
@click.option("--json", "as_json", is_flag=True, help="Print a JSON array instead of tables.")
def fields(config_file: str, size: int, as_json: bool) -> None:
    """List the remote fields and the columns that they feed.

    For every field found in a sample: its path, its types, the share of jobs or applications in
    which it is filled, the shape that most values have (A, a and 9 for letters and digits; never
    a value itself), and the unified columns it feeds with this configuration. A field that feeds
    no other column is in integration_fields, or, if it is one of the tenant's own, in
    custom_fields.

    A path can be used as it is in field_overrides and custom_fields of the configuration. Those of
    candidates and applications both begin at the application, so either model can use them. With
    only_created_applications, the applications that it leaves out are not looked at.

    Exit code 0 if both listings could be read, else 1.

    \b
    Examples:
      phenom fields --config tenant.json
      phenom fields --config tenant.json --sample 1000 --json > fields.json
      phenom fields --config tenant.json | grep -i department
    """
    from phenom_api.errors import PhenomError
    from phenom_cli.configuration import read_config, source_settings
    from phenom_cli.field_profile import applications_found, jobs_found
    from phenom_cli.interactive_gateway import patient_gateway
    from phenom_cli.printing import console, print_json, status

    config = source_settings(read_config(config_file))
    found: list[Found] = []
    failed = False
    with patient_gateway(config) as gateway, status("Reading ..."):
        for listing, look in (("jobs", jobs_found), ("applications", applications_found)):
            try:
                of_listing, looked_at, total = look(config, gateway, size)
            except PhenomError as error:
                failed = True
                click.echo(f"Error: the {listing} cannot be read: {error.message}", err=True)
                continue
            found += of_listing
            click.echo(f"Looked at {looked_at:,} of {total:,} {listing}.", err=True)
    if as_json:
        print_json([_as_json(each) for each in found], indent=2)
    else:
        _show(found, console(pipe_width=_NO_FOLDING))
    sys.exit(1 if failed else 0)


def _as_json(found: Found) -> dict[str, Any]:
    field = found.field
    return {
        "model": found.model,
        "path": field.path,
        "types": field.types,
        "filled": round(field.filled, 4),
        "shape": field.shape,
        "feeds": found.feeds,
    }


def _show(found: Sequence[Found], console: Console) -> None:
    """A table per model: whole paths where there is room, else a tree of their last parts."""
    from itertools import groupby

    from rich.table import Table

    from phenom_cli.printing import plain, print_rendered

    narrow = console.width < _ROOM_FOR_PATHS
    for number, (model, group) in enumerate(groupby(found, lambda each: each.model)):
        rows = list(group)
        names = [plain(_indented(each.field) if narrow else each.field.path) for each in rows]
        table = Table(box=None, pad_edge=False, padding=(0, 1 if narrow else 2, 0, 0))
        # A name is folded last of all, as it is what one looks for.
        room = max(_SHORTEST_NAME, min(_LONGEST_NAME, console.width - _BESIDE_NAME))
        longest = min(room, max(map(len, names))) if narrow else None
        table.add_column(model, overflow="fold", min_width=longest, max_width=longest)
        table.add_column("type", overflow="fold", max_width=8 if narrow else None)
        table.add_column("filled", justify="right", no_wrap=True)
        table.add_column("shape", overflow="fold", max_width=12 if narrow else None)
        table.add_column("feeds", overflow="fold")
        for name, each in zip(names, rows, strict=True):
            table.add_row(
                name,
                plain(", ".join(each.field.types)),
                plain(f"{each.field.filled:.0%}"),
                plain(each.field.shape),
                plain(", ".join(column.removeprefix(f"{model}.") for column in each.feeds)),
            )
        if number:
            click.echo()
        print_rendered(console, table)


def _indented(field: Field) -> str:
    return "  " * (len(field.parts) - 1) + field.parts[-1]

"""``phenom fields``: the fields of a tenant's jobs and applications, and the columns they feed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING, Any

import click

from phenom_cli.configuration import config_option, read_config, source_settings
from phenom_cli.help import Command
from phenom_cli.interactive_gateway import interactive_gateway
from phenom_cli.printing import console, plain, print_error, print_json, spinner

if TYPE_CHECKING:
    from rich.console import Console

    from phenom_cli.field_profile import MappedField

SAMPLE = 200


@click.command(cls=Command)
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
    path    where the field is, as field_overrides and
            custom_fields of the configuration take it
    type    the JSON types of its values
    filled  in how many of the jobs or applications it is
            not empty
    shape   what most values look like: A and a stand for
            letters, 9 for digits; a value is never shown
    feeds   the columns that it feeds with this
            configuration

    A field that feeds no column of its own is in the column integration_fields, or in
    custom_fields if the tenant has added it.

    Paths of candidates and applications both begin at the application, so that the fields of
    either model can use them. With only_created_applications, other applications are left out.

    Exit code 0 if both listings could be read, else 1.

    \b
    Examples (with C for tenant.json):
      phenom fields --config C
      phenom fields --config C --sample 1000 --json
      phenom fields --config C | grep -i department
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
                print_error(f"the {name} cannot be read: {error.message}")
                continue
            mapped += of_listing
            click.echo(f"Looked at {looked_at:,} of {total:,} {name}.", err=True)
    if as_json:
        print_json([_as_json(each) for each in mapped], indent=2)
    else:
        _print_tables(mapped, console())
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
    """A table per model."""
    from phenom_cli.table import TableColumn, print_table

    for number, (model, group) in enumerate(groupby(mapped, lambda each: each.model)):
        columns = [
            TableColumn(model),
            TableColumn("type"),
            TableColumn("filled", is_number=True),
            TableColumn("shape"),
            TableColumn("feeds"),
        ]
        rows = [
            (
                plain(each.field.path),
                plain(", ".join(each.field.types)),
                plain(f"{each.field.filled:.0%}"),
                plain(each.field.shape),
                plain(", ".join(column.removeprefix(f"{model}.") for column in each.feeds)),
            )
            for each in group
        ]
        if number:
            click.echo()
        print_table(console, columns, rows)

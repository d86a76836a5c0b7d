"""Prints tables. Where a terminal is too narrow for one, each row becomes a block of lines.

No word is broken and nothing is left out, so that names, paths and ids can be copied.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import click
from rich.console import Console
from rich.table import Table
from rich.text import Text

from phenom_cli.terminal import print_wrapped
from phenom_protocol.wrapping import cells

_GAP = 2
"""Blanks between two columns."""
_INDENT = "  "


class TableColumn(NamedTuple):
    """A column of a table."""

    head: str
    is_number: bool = False


def print_table(
    console: Console, columns: Sequence[TableColumn], rows: Sequence[Sequence[Text]]
) -> None:
    """Prints a heading and the rows. Only the last column may take several lines in a row.

    :param rows: cells without line breaks and control characters.
    """
    heads = [Text(column.head) for column in columns]
    widths = [max(cell.cell_len for cell in column) for column in zip(heads, *rows, strict=True)]
    room = console.width - sum(widths[:-1]) - _GAP * (len(widths) - 1)
    words = [word for row in (heads, *rows) for word in row[-1].plain.split()]
    if room < max(map(cells, words), default=0):
        _print_blocks(console, columns, rows)
        return
    widths[-1] = min(widths[-1], room)
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0))
    for column, width in zip(columns, widths, strict=True):
        table.add_column(column.head, justify="right" if column.is_number else "left", width=width)
    for row in rows:
        table.add_row(*row)
    with console.capture() as capture:
        console.print(table)
    for line in capture.get().splitlines():
        # rich fills the last column with blanks.
        click.echo(line.rstrip(), file=console.file)


def _print_blocks(
    console: Console, columns: Sequence[TableColumn], rows: Sequence[Sequence[Text]]
) -> None:
    print_wrapped(console, Text(columns[0].head, style="bold"))
    for name, *others in rows:
        print_wrapped(console, name)
        named = [
            Text.assemble(f"{column.head}: ", cell)
            for column, cell in zip(columns[1:], others, strict=True)
            if cell.plain
        ]
        in_one = Text("; ").join(named)
        for line in [in_one] if in_one.cell_len + len(_INDENT) <= console.width else named:
            print_wrapped(console, line, indent=_INDENT)

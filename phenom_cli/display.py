"""What a person sees of a sync: progress on stderr while it runs, at its end a table on stdout."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any, Protocol

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from phenom_cli.printing import message_console, plain
from phenom_cli.terminal import above

PHASES = {
    "starting": "Starting the connector",
    "reading": "Reading from Phenom",
    "loading": "Loading into the warehouse",
}


class Display(Protocol):
    """Shows the events of :mod:`phenom_cli.warehouse.events` as they come."""

    def __enter__(self) -> Display: ...

    def __exit__(self, *_: object) -> None: ...

    def show(self, event: dict[str, Any]) -> None: ...


def display() -> Display:
    console = message_console()
    moves = sys.stderr.isatty() and not console.is_dumb_terminal
    return LiveDisplay(console) if moves else PlainDisplay()


class PlainDisplay:
    """One line per change of state, for logs and pipes."""

    def __init__(self, write: Callable[[str], None] | None = None) -> None:
        self._write = write or (lambda line: click.echo(line, err=True))
        self._records: dict[str, int] = {}

    def __enter__(self) -> PlainDisplay:
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def show(self, event: dict[str, Any]) -> None:
        kind = event["event"]
        if kind == "phase":
            self._write(f"{PHASES[event['phase']]} ...")
        elif kind == "progress":
            self._records = event["records"]
        elif kind == "stream" and event["status"] in ("complete", "failed"):
            name = event["stream"]
            ending = "" if event["status"] == "complete" else ", then it failed"
            self._write(f"  {name}: {_records(self._records.get(name, 0))} read{ending}")
        elif kind == "warning":
            self._write(f"Warning: {event['message']}")


class LiveDisplay:
    """A line per stream that counts, on a terminal; it vanishes when the table appears."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._progress = Progress(
            SpinnerColumn(finished_text=" "),
            TextColumn("{task.description}"),
            TextColumn("{task.fields[state]}", justify="right"),
            TimeElapsedColumn(),
            console=console,
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        self._messages = above(console)
        self._phase = self._progress.add_task(PHASES["starting"], total=None, state="")
        self._streams: dict[str, TaskID] = {}

    def __enter__(self) -> LiveDisplay:
        self._messages.__enter__()
        self._progress.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._progress.stop()
        self._messages.__exit__(None, None, None)

    def show(self, event: dict[str, Any]) -> None:
        kind = event["event"]
        if kind == "phase":
            self._progress.update(self._phase, description=PHASES[event["phase"]])
        elif kind == "streams":
            for name in event["streams"]:
                self._streams[name] = self._progress.add_task(
                    f"  {name}", total=1, start=False, state=""
                )
        elif kind == "progress":
            for name, records in event["records"].items():
                if records:
                    self._progress.update(self._streams[name], state=_records(records))
        elif kind == "stream":
            self._stream(self._streams[event["stream"]], event["status"])
        elif kind == "warning":
            warning = plain(event["message"])
            self._console.print(Text.assemble(("Warning:", "yellow"), " ", warning))

    def _stream(self, task: TaskID, status: str) -> None:
        if status == "reading":
            self._progress.start_task(task)
        elif status == "complete":
            self._progress.update(task, completed=1)
        elif status == "failed":
            self._progress.update(task, completed=1, state="[red]failed[/]")
        elif status == "loading":
            self._progress.reset(task, start=True)


def results_table(rows: list[dict[str, Any]]) -> Table:
    """The rows of a ``result`` event, one line per stream."""
    table = Table(box=None, pad_edge=False, padding=(0, 3, 0, 0))
    table.add_column("stream")
    for name in ("new", "changed", "deleted", "total"):
        table.add_column(name, justify="right")
    for row in rows:
        style = "red" if row["failure"] else ""
        name = f"{row['stream']} (failed)" if row["failure"] else row["stream"]
        numbers = (f"{row[name]:,}" for name in ("new", "changed", "deleted", "total"))
        table.add_row(plain(name, style), *numbers)
    return table


def _records(number: int) -> str:
    return f"{number:,} record{'' if number == 1 else 's'}"

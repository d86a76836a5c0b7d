"""The output of a sync: progress on stderr while it runs, then a table on stdout."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.text import Text

from phenom_cli.printing import message_console, plain
from phenom_cli.table import TableColumn, print_table
from phenom_cli.terminal import above, print_wrapped, visible_line

PHASES = {
    "opening": "Opening the warehouse",
    "starting": "Starting the connector",
    "reading": "Reading from Phenom",
    "loading": "Loading into the warehouse",
}

SECONDS_BETWEEN_REMINDERS = 10.0

_WIDTH_FOR_RATES = 72
"""Characters in a line of a terminal from which on the live display shows more than counts."""


class Display(Protocol):
    """Shows the events of :mod:`phenom_cli.warehouse.monitor` as they come."""

    def __enter__(self) -> Display: ...

    def __exit__(self, *_: object) -> None: ...

    def show(self, event: dict[str, Any]) -> None: ...


def display() -> Display:
    console = message_console()
    is_live = sys.stderr.isatty() and not console.is_dumb_terminal
    return LiveDisplay(console) if is_live else PlainDisplay()


class PlainDisplay:
    """For logs and pipes: a line per event, and a reminder every ten seconds."""

    def __init__(
        self,
        write: Callable[[str], None] | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._write = write or (lambda line: click.echo(line, err=True))
        self._monotonic = monotonic
        self._pace = Pace(monotonic)
        self._ended = threading.Event()
        self._clock = threading.Thread(target=self._remind, daemon=True)

    def __enter__(self) -> PlainDisplay:
        self._clock.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ended.set()
        self._clock.join()

    def show(self, event: dict[str, Any]) -> None:
        kind = event["event"]
        self._pace.show(event)
        if kind == "phase":
            self._write(f"{PHASES[event['phase']]} ...")
        elif kind == "stream" and event["status"] in ("complete", "failed"):
            name = event["stream"]
            ending = "" if event["status"] == "complete" else ", then it failed"
            self._write(f"  {name}: {_records(self._pace.records.get(name, 0))} read{ending}")
        elif kind == "warning":
            self._write(f"Warning: {visible_line(event['message'])}")

    def _remind(self) -> None:
        while not self._ended.wait(SECONDS_BETWEEN_REMINDERS):
            self.remind()

    def remind(self) -> None:
        self._write(f"  {self._pace.summary()}")


class Pace:
    """What a sync does at the moment, for how long, and how fast it reads."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self.records: dict[str, int] = {}
        self._monotonic = monotonic
        self._phase = "starting"
        self._since = monotonic()
        self._started: dict[str, float] = {}
        self._is_waiting = False

    def show(self, event: dict[str, Any]) -> None:
        kind = event["event"]
        if kind == "phase":
            self._phase, self._since = event["phase"], self._monotonic()
        elif kind == "progress":
            self.records = event["records"]
        elif kind == "waiting":
            self._is_waiting = event["waiting"]
        elif kind == "stream" and event["status"] == "reading":
            self._started[event["stream"]] = self._monotonic()

    def summary(self) -> str:
        """For example "Reading from Phenom, 20 s: 12,000 records, 600 a second"."""
        seconds = self._monotonic() - self._since
        summary = f"{PHASES[self._phase]}, {seconds:.0f} s"
        if self._phase != "reading":
            return summary
        if self._is_waiting:
            return f"{summary}: waiting for the warehouse"
        total = sum(self.records.values())
        if not total:
            return f"{summary}: no record yet, waiting for Phenom"
        return f"{summary}: {_records(total)}, {total / max(seconds, 1):,.0f} a second"

    def of_stream(self, stream: str, records: int) -> str:
        """For example "12,000 records, 600/s"."""
        seconds = self._monotonic() - self._started.get(stream, self._since)
        return f"{_records(records)}, {records / max(seconds, 1):,.0f}/s"


class LiveDisplay:
    """For a terminal: a line per stream that counts its records, removed at the end."""

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
        self._pace = Pace(time.monotonic)
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
        self._pace.show(event)
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
                    is_wide = self._console.width >= _WIDTH_FOR_RATES
                    shown = self._pace.of_stream(name, records) if is_wide else _records(records)
                    self._progress.update(self._streams[name], state=shown)
        elif kind == "waiting":
            is_wide = self._console.width >= _WIDTH_FOR_RATES
            waiting = "waiting for the warehouse" if is_wide else "waiting"
            self._progress.update(self._phase, state=waiting if event["waiting"] else "")
        elif kind == "stream":
            self._stream(self._streams[event["stream"]], event["status"])
        elif kind == "warning":
            warning = plain(event["message"])
            print_wrapped(self._console, Text.assemble(("Warning:", "yellow"), " ", warning))

    def _stream(self, task: TaskID, status: str) -> None:
        if status == "reading":
            self._progress.start_task(task)
        elif status == "complete":
            self._progress.update(task, completed=1)
        elif status == "failed":
            self._progress.update(task, completed=1, state="[red]failed[/]")
        elif status == "loading":
            self._progress.reset(task, start=True)


def print_results(console: Console, rows: list[dict[str, Any]]) -> None:
    """A row per stream.

    :param rows: :class:`phenom_cli.warehouse.run.StreamResult` as dictionaries.
    """
    numbers = ("new", "changed", "deleted", "total")
    columns = [TableColumn("stream"), *(TableColumn(name, is_number=True) for name in numbers)]
    cells = []
    for row in rows:
        name = f"{row['stream']} (failed)" if row["failure"] else row["stream"]
        style = "red" if row["failure"] else ""
        cells.append([plain(name, style), *(plain(f"{row[number]:,}") for number in numbers)])
    print_table(console, columns, cells)


def _records(number: int) -> str:
    return f"{number:,} record{'' if number == 1 else 's'}"

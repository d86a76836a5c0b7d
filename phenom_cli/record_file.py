"""Writes the records of a file to Phenom, or shows what would be sent, for ``phenom write``."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any, BinaryIO

import click

from destination_phenom.batch import Batch
from destination_phenom.config import DestinationConfig
from destination_phenom.lines import Line, lines
from destination_phenom.preview import Preview
from destination_phenom.rejections import Rejected, rejected
from destination_phenom.results import ResultLine
from destination_phenom.state_checkpointer import BatchStopped
from destination_phenom.write import RETRY_POLICY, actions, longest_line, open_results
from phenom_api.errors import InvalidConfig, PhenomError
from phenom_api.gateway import Gateway
from phenom_cli.interactive_gateway import show_warnings
from phenom_cli.printing import StdoutFailed, print_json, require_stdout, spinner
from phenom_protocol.entry import origin_of
from phenom_protocol.signals import exit_on_signals
from phenom_protocol.standard_streams import print_on_stderr

_RECORDS_PER_LINE = 100
"""Records between two lines of progress if standard error is no terminal."""


def write_records(config: DestinationConfig, action: str, file: BinaryIO) -> int:
    """Prints a result per record; returns the exit code. Raises click.ClickException."""
    require_stdout()
    exit_on_signals()
    try:
        results = open_results(config)
    except InvalidConfig as error:
        raise click.ClickException(error.message) from None
    with Gateway(config, policy=RETRY_POLICY) as gateway, _progress() as progress:
        printer = _Printer()

        def report(result: ResultLine) -> None:
            progress.count(result.outcome.status)
            printer.print(result.as_json())

        batch = Batch(actions(config, gateway), config.num_workers, results=results, report=report)
        try:
            _submit_all(batch, action, lines(file, longest_line(config)))
            batch.finish()
        except (KeyboardInterrupt, SystemExit) as interruption:
            print_on_stderr("Interrupted; waiting for the records that are being sent ...")
            batch.stop(interruption)
            batch.finish()
    print_on_stderr(*batch.summary.lines())
    if isinstance(batch.failure, (KeyboardInterrupt, SystemExit)):
        print_on_stderr("Run it again with the same file: nothing is created twice.")
        if isinstance(batch.failure, SystemExit):
            raise batch.failure
        return 130
    if batch.failure is not None:
        raise _as_click_exception(batch.failure)
    return 1 if batch.summary.rejected and config.on_rejected_record == "fail" else 0


def _as_click_exception(failure: BaseException) -> click.ClickException:
    """Why the run ended. Without a traceback, which could show an applicant's data."""
    if isinstance(failure, click.ClickException):
        return failure
    if isinstance(failure, PhenomError):
        return click.ClickException(failure.message)
    return click.ClickException(
        "The command ended with an unexpected error. Please report it with this detail: "
        f"{type(failure).__name__}: {origin_of(failure)}"
    )


def _submit_all(batch: Batch, action: str, incoming: Iterator[Line]) -> None:
    """Gives every line to the batch, until the last one or until the batch has stopped."""
    stream = (None, action)
    try:
        for line in incoming:
            try:
                row = _row(line)
            except ValueError as error:
                batch.reject_record(stream, str(error), line.number)
            else:
                batch.add_record(stream, action, row, len(line.content))
    except BatchStopped:
        pass
    except Exception as error:
        batch.stop(error)


def preview_records(config: DestinationConfig, action: str, file: BinaryIO) -> int:
    """Prints the requests per record, sends none of them; returns the exit code.

    Raises click.ClickException.
    """
    require_stdout()
    invalid = position = 0
    with show_warnings(), Gateway(config) as gateway:
        preview = Preview(config, gateway)
        try:
            for position, line in enumerate(lines(file, longest_line(config)), 1):
                shown: dict[str, Any] = {"stream": action, "position": position, "status": "valid"}
                try:
                    try:
                        row = _row(line)
                    except ValueError as error:
                        raise rejected("", f"The line {error}.") from None
                    shown["requests"] = preview.requests(action, row)
                except Rejected as error:
                    invalid += 1
                    problems = [{"field": p.field, "rule": p.rule} for p in error.problems]
                    shown |= {"status": "rejected", "error": str(error), "problems": problems}
                print_json(shown)
        except PhenomError as error:
            raise click.ClickException(error.message) from None
    print_on_stderr(
        f"Dry run: nothing was sent. {position - invalid:,} of {position:,} records are valid."
    )
    return 1 if invalid and config.on_rejected_record == "fail" else 0


def _row(line: Line) -> Mapping[str, Any]:
    """The line's JSON object; raises ValueError with what is wrong with the line."""
    row = line.parsed()
    if not isinstance(row, dict):
        raise ValueError("is not a JSON object")
    return row


class _Printer:
    """Prints lines of JSON from any thread, and none after one that could not be printed."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failure: StdoutFailed | None = None

    def print(self, line: dict[str, Any]) -> None:
        """Raises StdoutFailed for a line that cannot be printed, and for every later one."""
        with self._lock:
            if self._failure is not None:
                raise self._failure
            try:
                print_json(line)
            except StdoutFailed as error:
                self._failure = error
                raise


class _Progress:
    """Counts results on standard error: in one place on a terminal, else on a line at times.

    :param show: shows a text on a terminal.
    """

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}
        self._terminal = sys.stderr is not None and sys.stderr.isatty() and not sys.stdout.isatty()

    def count(self, status: str) -> None:
        with self._lock:
            self._counts[status] = self._counts.get(status, 0) + 1
            total = sum(self._counts.values())
            if self._terminal:
                self._show(self._text(total))
            elif total % _RECORDS_PER_LINE == 0:
                print_on_stderr(self._text(total))

    def _text(self, total: int) -> str:
        listed = ", ".join(f"{count:,} {status}" for status, count in self._counts.items())
        return f"{total:,} records: {listed}"


@contextlib.contextmanager
def _progress() -> Iterator[_Progress]:
    with show_warnings(print_on_stderr), spinner("Writing ...") as show:
        yield _Progress(show)

"""``phenom write``: the two actions of the destination, from a JSON-lines file."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from phenom_cli.configuration import config_option
from phenom_cli.printing import StdoutFailed, need_stdout, print_json
from phenom_cli.screen import is_open
from phenom_protocol.signals import exit_on_signals
from phenom_protocol.standard_streams import tell_on_stderr

if TYPE_CHECKING:
    from destination_phenom.batch import Batch
    from destination_phenom.config import DestinationConfig
    from destination_phenom.lines import Line
    from destination_phenom.results import ResultLine

_EVERY = 100
"""Records between two lines of progress where stderr is not a terminal."""


class _InputFile(click.File):
    """A file to read as bytes; - is standard input, which may be closed."""

    def __init__(self) -> None:
        super().__init__("rb")

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        if value == "-" and not is_open(sys.stdin):
            self.fail("standard input is closed.", param, ctx)
        return super().convert(value, param, ctx)


@click.command()
@config_option
@click.option(
    "--action",
    type=click.Choice(["create_candidate", "create_application"]),
    required=True,
    help="What to do with each record.",
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Only validate, and show what would be sent, with personal data masked.",
)
@click.argument("file", type=_InputFile())
def write(config_file: str, action: str, dry_run: bool, file: BinaryIO) -> None:
    """Create candidates or applications in Phenom from FILE.

    FILE holds one JSON object per line, nested as in the example or with flat columns
    (candidate_first_name); - reads them from standard input.

    For every record one line of JSON goes to standard output: its position, its status (created,
    already_applied, already_exists, rejected, or unsettled where the gateway failed), the ids that
    Phenom gave, and what is wrong. Running the same file again creates nothing twice.

    Where these lines, or those of results_path, cannot be written any more (a full disk, | head),
    nothing more is sent, and standard error counts what was created.

    Exit code 0 if every record was carried out. Rejected records make it 1, unless the
    configuration says on_rejected_record: skip.

    \b
    Examples (with C for tenant.json):
      phenom write --config C --action create_application applications.jsonl
      phenom write --config C --action create_application --dry-run - < one.jsonl

    \b
    A record:
      {"candidate": {"first_name": "Ada", "last_name": "Lovelace",
                     "email_address": "ada@example.com"},
       "application": {"job_id": "remote:JR-1001"},
       "attachments": [{"name": "cv.pdf", "type": "CV", "data": "<base64>"}]}
    """
    from phenom_cli.configuration import destination_settings, read_config

    config = destination_settings(read_config(config_file))
    sys.exit(_preview(config, action, file) if dry_run else _write(config, action, file))


def _write(config: DestinationConfig, action: str, file: BinaryIO) -> int:
    from destination_phenom.batch import Batch
    from destination_phenom.lines import lines
    from destination_phenom.write import RETRY_POLICY, actions, longest_line, open_results
    from phenom_api.errors import InvalidConfig
    from phenom_api.gateway import Gateway

    need_stdout()
    exit_on_signals()
    try:
        results = open_results(config)
    except InvalidConfig as error:
        raise click.ClickException(error.message) from None
    with Gateway(config, policy=RETRY_POLICY) as gateway, _progress() as progress:
        show = _Printer()

        def report(result: ResultLine) -> None:
            progress.one(result.outcome.status)
            show(result.as_json())

        batch = Batch(actions(config, gateway), config.num_workers, results=results, report=report)
        try:
            _take(batch, action, lines(file, longest_line(config)))
            batch.finish()
        except (KeyboardInterrupt, SystemExit) as interruption:
            tell_on_stderr("Interrupted; waiting for the records that are under way ...")
            batch.stop(interruption)
            batch.finish()
    tell_on_stderr(*batch.summary.lines())
    if isinstance(batch.failure, (KeyboardInterrupt, SystemExit)):
        tell_on_stderr("Run it again with the same file: nothing is created twice.")
        if isinstance(batch.failure, SystemExit):
            raise batch.failure
        return 130
    if batch.failure is not None:
        raise _told(batch.failure)
    return 1 if batch.summary.rejected and config.on_rejected_record == "fail" else 0


def _told(failure: BaseException) -> click.ClickException:
    """Why the run ended, without a traceback: it can hold an applicant's data."""
    from phenom_api.errors import PhenomError
    from phenom_protocol.entry import origin_of

    if isinstance(failure, click.ClickException):
        return failure
    if isinstance(failure, PhenomError):
        return click.ClickException(failure.message)
    return click.ClickException(
        "The command met a situation it does not know. Please report it with this detail: "
        f"{type(failure).__name__}: {origin_of(failure)}"
    )


def _take(batch: Batch, action: str, incoming: Iterator[Line]) -> None:
    """Hand over every line, until the end or until the run has stopped."""
    from destination_phenom.state_checkpointer import BatchStopped

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


def _preview(config: DestinationConfig, action: str, file: BinaryIO) -> int:
    from destination_phenom.lines import lines
    from destination_phenom.preview import Preview
    from destination_phenom.rejections import Rejected, rejected
    from destination_phenom.write import longest_line
    from phenom_api.errors import PhenomError
    from phenom_api.gateway import Gateway
    from phenom_cli.interactive_gateway import warnings_shown

    need_stdout()
    refused = position = 0
    with warnings_shown(), Gateway(config) as gateway:
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
                    refused += 1
                    problems = [{"field": p.field, "rule": p.rule} for p in error.problems]
                    shown |= {"status": "rejected", "error": str(error), "problems": problems}
                print_json(shown)
        except PhenomError as error:
            raise click.ClickException(error.message) from None
    tell_on_stderr(
        f"Dry run: nothing was sent. {position - refused:,} of {position:,} records are valid."
    )
    return 1 if refused and config.on_rejected_record == "fail" else 0


def _row(line: Line) -> Mapping[str, Any]:
    """The line's object; ``ValueError`` says what is wrong with the line."""
    row = line.parsed()
    if not isinstance(row, dict):
        raise ValueError("is not a JSON object")
    return row


class _Printer:
    """Prints a line of JSON at a time, from any thread; none after one that could not be printed.

    :raises StdoutFailed: for that one, and for all that follow.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._failure: StdoutFailed | None = None

    def __call__(self, line: dict[str, Any]) -> None:
        with self._lock:
            if self._failure is not None:
                raise self._failure
            try:
                print_json(line)
            except StdoutFailed as error:
                self._failure = error
                raise


class _Progress:
    """Counts on stderr: on a terminal where :func:`status` shows it, else a line now and then."""

    def __init__(self, show: Callable[[str], None]) -> None:
        self._show = show
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}
        self._terminal = sys.stderr is not None and sys.stderr.isatty() and not sys.stdout.isatty()

    def one(self, status: str) -> None:
        with self._lock:
            self._counts[status] = self._counts.get(status, 0) + 1
            total = sum(self._counts.values())
            if self._terminal:
                self._show(self._text(total))
            elif total % _EVERY == 0:
                tell_on_stderr(self._text(total))

    def _text(self, total: int) -> str:
        listed = ", ".join(f"{count:,} {status}" for status, count in self._counts.items())
        return f"{total:,} records: {listed}"


@contextlib.contextmanager
def _progress() -> Iterator[_Progress]:
    from phenom_cli.interactive_gateway import warnings_shown
    from phenom_cli.printing import status

    with warnings_shown(tell_on_stderr), status("Writing ...") as show:
        yield _Progress(show)

"""``phenom write``: the two actions of the destination, from a JSON-lines file."""

from __future__ import annotations

import contextlib
import sys
import threading
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from phenom_cli.configuration import config_option

if TYPE_CHECKING:
    from destination_phenom.batch import Batch
    from destination_phenom.config import DestinationConfig
    from destination_phenom.results import Result, Summary

_EVERY = 100
"""Records between two lines of progress where stderr is not a terminal."""


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
@click.argument("file", type=click.File("rb"))
def write(config_file: str, action: str, dry_run: bool, file: BinaryIO) -> None:
    """Create candidates or applications in Phenom from FILE.

    FILE holds one JSON object per line, nested as in the example or with flat columns
    (candidate_first_name); - reads them from standard input.

    For every record one line of JSON goes to standard output: its position, its status (created,
    already_applied, already_exists, rejected, or unsettled where the gateway failed), the ids that
    Phenom gave, and what is wrong. Running the same file again creates nothing twice.

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
    from destination_phenom.write import PATIENCE, actions, open_results
    from phenom_api.errors import InvalidConfig, PhenomError
    from phenom_api.gateway import Gateway

    try:
        results = open_results(config)
    except InvalidConfig as error:
        raise click.ClickException(error.message) from None
    with Gateway(config, patience=PATIENCE) as gateway, _progress() as progress:

        def report(result: Result) -> None:
            if results is not None:
                results.write(result)
            _print(result.as_json())
            progress.one(result.outcome.status)

        batch = Batch(
            actions(config, gateway), config.num_workers, report=report, echo=lambda *_: None
        )
        try:
            _take(batch, action, file)
            batch.finish()
        except KeyboardInterrupt as interrupt:
            click.echo("Interrupted; waiting for the records that are under way ...", err=True)
            batch.stop(interrupt)
            batch.finish()
    if results is not None:
        results.close()
    _say(batch.summary)
    if isinstance(batch.failure, KeyboardInterrupt):
        click.echo("Run it again with the same file: nothing is created twice.", err=True)
        return 130
    if isinstance(batch.failure, PhenomError):
        raise click.ClickException(batch.failure.message)
    if batch.failure is not None:
        raise batch.failure
    return 1 if batch.summary.rejected and config.on_rejected_record == "fail" else 0


def _take(batch: Batch, action: str, file: BinaryIO) -> None:
    """Hand over every line, until the end or until the run has stopped."""
    from destination_phenom.ledger import Stopped
    from phenom_api.errors import InvalidConfig

    stream = (None, action)
    try:
        for row, size in _rows(file):
            if isinstance(row, str):
                batch.reject(stream, row)
            else:
                batch.record(stream, action, row, size)
    except Stopped:
        pass
    except InvalidConfig as error:
        batch.stop(error)


def _preview(config: DestinationConfig, action: str, file: BinaryIO) -> int:
    from destination_phenom.preview import Preview
    from destination_phenom.rejections import Rejected, rejected
    from phenom_api.errors import PhenomError
    from phenom_api.gateway import Gateway
    from phenom_cli.waiting import warnings_shown

    refused = position = 0
    with warnings_shown(), Gateway(config) as gateway:
        preview = Preview(config, gateway)
        for position, (row, _) in enumerate(_rows(file), 1):
            shown: dict[str, Any] = {"stream": action, "position": position, "status": "valid"}
            try:
                if isinstance(row, str):
                    raise rejected("", row)
                shown["requests"] = preview.requests(action, row)
            except Rejected as error:
                refused += 1
                problems = [{"field": p.field, "rule": p.rule} for p in error.problems]
                shown |= {"status": "rejected", "error": str(error), "problems": problems}
            except PhenomError as error:
                raise click.ClickException(error.message) from None
            _print(shown)
    click.echo(
        f"Dry run: nothing was sent. {position - refused:,} of {position:,} records are valid.",
        err=True,
    )
    return 1 if refused and config.on_rejected_record == "fail" else 0


def _rows(file: BinaryIO) -> Iterator[tuple[Mapping[str, Any] | str, int]]:
    """Each line's object, or what is wrong with it, and its size in bytes."""
    from phenom_api.answers import parse_json

    for line in file:
        if not line.strip():
            continue
        try:
            row = parse_json(line)
        except (ValueError, RecursionError):
            row = None
        if isinstance(row, dict):
            yield row, len(line)
        else:
            yield "The line is not a JSON object.", len(line)


def _say(summary: Summary) -> None:
    for line in summary.lines():
        click.echo(line, err=True)


_printing = threading.Lock()


def _print(line: dict[str, Any]) -> None:
    from phenom_cli.printing import print_json

    with _printing:
        print_json(line)


class _Progress:
    """Counts on stderr: a line that stays on a terminal, else a line now and then."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: dict[str, int] = {}
        self._terminal = sys.stderr.isatty() and not sys.stdout.isatty()

    def one(self, status: str) -> None:
        with self._lock:
            self._counts[status] = self._counts.get(status, 0) + 1
            total = sum(self._counts.values())
            if self._terminal:
                click.echo(f"\r{self._text(total)}", nl=False, err=True)
            elif total % _EVERY == 0:
                click.echo(self._text(total), err=True)

    def say(self, line: str) -> None:
        """Show a line of its own, below the count."""
        with self._lock:
            if self._terminal and self._counts:
                click.echo("", err=True)
            click.echo(line, err=True)

    def end(self) -> None:
        if self._terminal and self._counts:
            click.echo("", err=True)

    def _text(self, total: int) -> str:
        listed = ", ".join(f"{count:,} {status}" for status, count in self._counts.items())
        return f"{total:,} records: {listed}"


@contextlib.contextmanager
def _progress() -> Iterator[_Progress]:
    from phenom_cli.waiting import warnings_shown

    progress = _Progress()
    try:
        with warnings_shown(progress.say):
            yield progress
    finally:
        progress.end()

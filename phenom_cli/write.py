"""``phenom write``: runs the destination's two actions on the records of a JSON-lines file."""

from __future__ import annotations

import sys
from typing import Any, BinaryIO

import click

from phenom_cli.configuration import config_option, destination_settings, read_config
from phenom_cli.help import Command
from phenom_cli.terminal import is_open


class _InputFile(click.File):
    """A file to read as bytes; - is standard input, which may be closed."""

    def __init__(self) -> None:
        super().__init__("rb")

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        if value == "-" and not is_open(sys.stdin):
            self.fail("standard input is closed.", param, ctx)
        return super().convert(value, param, ctx)


@click.command(cls=Command)
@config_option
@click.option(
    "--action",
    type=click.Choice(["create_candidate", "create_application"]),
    metavar="ACTION",
    required=True,
    help="What to do with each record: create_candidate or create_application.",
)
@click.option(
    "--dry-run",
    is_flag=True,
    help="Send nothing. Only validate the records, and show what would be sent, with personal data"
    " masked.",
)
@click.argument("file", type=_InputFile())
def write(config_file: str, action: str, dry_run: bool, file: BinaryIO) -> None:
    """Create candidates or applications in Phenom from FILE.

    FILE has one record per line, as a JSON object: nested as in the example below, or with flat
    columns (candidate_first_name). - reads standard input.

    Prints one line of JSON per record: its position in FILE, its status, the ids in Phenom, and
    what is wrong with it. The status is created, already_applied, already_exists, rejected, or
    unsettled (the gateway failed, so it is not known whether the record was created).

    Running the same file again creates nothing twice.

    If the results cannot be written any more (standard output, or the file named by results_path),
    nothing more is sent, and standard error says how many records were created.

    Exit code 0 if no record was rejected and the run was completed, else 1. With
    on_rejected_record: skip in the configuration, rejected records do not count.

    \b
    Examples (with C for tenant.json):
      phenom write --config C --action create_application \\
          applications.jsonl
      phenom write --config C --action create_application \\
          --dry-run - < one.jsonl

    \b
    A record (on one line in FILE):
      {"candidate": {"first_name": "Ada",
                     "last_name": "Lovelace",
                     "email_address": "ada@example.com"},
       "application": {"job_id": "remote:JR-1001"},
       "attachments": [{"name": "cv.pdf", "type": "CV",
                        "data": "<base64>"}]}
    """
    from phenom_cli.record_file import preview_records, write_records

    config = destination_settings(read_config(config_file))
    run = preview_records if dry_run else write_records
    sys.exit(run(config, action, file))
